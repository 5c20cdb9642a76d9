#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <string>
#include <string_view>

/// How colours written #rrggbb are seen: their contrast, and how far they are from each other for who
/// sees all colours and for who does not.
namespace seen_colours {

using Three = std::array<double, 3>;
using Matrix = std::array<Three, 3>;

inline Three times(const Matrix& matrix, const Three& vector) {
    Three product{};
    for (std::size_t row = 0; row < 3; ++row) {
        for (std::size_t at = 0; at < 3; ++at) product[row] += matrix[row][at] * vector[at];
    }
    return product;
}

/// Amounts of red, green and blue light: WCAG 2.2, relative luminance, its steps before the last.
inline Three light_of(std::string_view colour) {
    Three light{};
    for (std::size_t at = 0; at < 3; ++at) {
        const std::string digits{colour.substr(1 + 2 * at, 2)};
        const double share = std::stoi(digits, nullptr, 16) / 255.0;
        light[at] = share <= 0.04045 ? share / 12.92 : std::pow((share + 0.055) / 1.055, 2.4);
    }
    return light;
}

/// source  WCAG 2.2, relative luminance
inline double luminance_of(std::string_view colour) {
    const Three light = light_of(colour);
    return 0.2126 * light[0] + 0.7152 * light[1] + 0.0722 * light[2];
}

/// source  WCAG 2.2, contrast ratio
inline double contrast_of(std::string_view one, std::string_view other) {
    const auto [dark, light] = std::minmax({luminance_of(one), luminance_of(other)});
    return (light + 0.05) / (dark + 0.05);
}

/// All colours; then without red, without green and without blue.
/// source  Machado, Oliveira and Fernandes, "A Physiologically-based Model for Simulation of Color
///         Vision Deficiency", IEEE TVCG 15 (2009), severity 1
inline constexpr std::array<Matrix, 4> sights{{{{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}},
                                               {{{0.152286, 1.052583, -0.204868},
                                                 {0.114503, 0.786281, 0.099216},
                                                 {-0.003882, -0.048116, 1.051998}}},
                                               {{{0.367322, 0.860646, -0.227968},
                                                 {0.280085, 0.672501, 0.047413},
                                                 {-0.011820, 0.042940, 0.968881}}},
                                               {{{1.255528, -0.076749, -0.178779},
                                                 {-0.078411, 0.930809, 0.147602},
                                                 {0.004733, 0.691367, 0.303900}}}}};

/// A place in a space where distances are as the eye judges them: from black to white it is 1.
/// source  Ottosson, "A perceptual color space for image processing" (Oklab), 2020
inline Three place_of(const Three& light) {
    constexpr Matrix cones{{{0.4122214708, 0.5363325363, 0.0514459929},
                            {0.2119034982, 0.6806995451, 0.1073969566},
                            {0.0883024619, 0.2817188376, 0.6299787005}}};
    constexpr Matrix opponents{{{0.2104542553, 0.7936177850, -0.0040720468},
                                {1.9779984951, -2.4285922050, 0.4505937099},
                                {0.0259040371, 0.7827717662, -0.8086757660}}};
    Three shown{};
    for (std::size_t at = 0; at < 3; ++at) shown[at] = std::clamp(light[at], 0.0, 1.0);
    Three answer = times(cones, shown);
    for (double& each : answer) each = std::cbrt(each);
    return times(opponents, answer);
}

/// How far two colours are apart for whom they are least so.
inline double least_distance(std::string_view one, std::string_view other) {
    double least = std::numeric_limits<double>::infinity();
    for (const Matrix& sight : sights) {
        const Three a = place_of(times(sight, light_of(one)));
        const Three b = place_of(times(sight, light_of(other)));
        least = std::min(least, std::hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]));
    }
    return least;
}

}  // namespace seen_colours
