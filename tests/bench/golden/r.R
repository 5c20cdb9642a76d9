# Figures of R that tests/bench/statistics_test.cpp holds ours against. Its own data sets and
# the examples of its help pages, among them.
#
#     Rscript tests/bench/golden/r.R >tests/bench/golden/r.json

cases <- c()
numbers <- function(values) paste0("[", paste(sprintf("%.15g", values), collapse = ", "), "]")
add <- function(test, ...) {
    fields <- list(...)
    text <- sprintf("\"%s\": %s", names(fields), unlist(fields))
    cases <<- c(cases, paste0("{\"test\": \"", test, "\", ", paste(text, collapse = ", "), "}"))
}
number <- function(value) sprintf("%.15g", value)
logical <- function(value) tolower(as.character(value))

mann_whitney <- function(first, second, exact) {
    p <- wilcox.test(first, second, exact = exact, correct = TRUE)$p.value
    add("mann_whitney", first = numbers(first), second = numbers(second),
        exact = logical(exact), p = number(p))
}
shift <- function(first, second) {
    found <- wilcox.test(first, second, exact = TRUE, conf.int = TRUE)
    add("shift", first = numbers(first), second = numbers(second),
        estimate = number(found$estimate), low = number(found$conf.int[1]),
        high = number(found$conf.int[2]))
}

# help(wilcox.test): permeability of the chorioamnion; Hollander and Wolfe 1973, page 69.
at_term <- c(0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46)
weeks_12_to_26 <- c(1.15, 0.88, 0.90, 0.74, 1.21)
mann_whitney(at_term, weeks_12_to_26, TRUE)
shift(at_term, weeks_12_to_26)
# help(wilcox.test): ozone in May and August, with ties; p = 0.0001208.
ozone <- na.omit(airquality[airquality$Month %in% c(5, 8), c("Ozone", "Month")])
mann_whitney(ozone$Ozone[ozone$Month == 5], ozone$Ozone[ozone$Month == 8], FALSE)

set.seed(20240229)
sample_of <- function(count, mean) round(rnorm(count, mean), 5)
for (size in c(4, 8, 20, 30)) {
    first <- sample_of(size, 0)
    second <- sample_of(size + 1, 0.6)
    mann_whitney(first, second, TRUE)
    shift(first, second)
}

# help(wilcox.test): Hamilton depression scale; Hollander and Wolfe 1973, page 29.
before <- c(1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30)
after <- c(0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29)
signed_rank <- function(values) {
    add("signed_rank", values = numbers(values),
        p = number(wilcox.test(values, exact = TRUE)$p.value))
}
signed_rank(before - after)
for (size in c(8, 20, 40)) signed_rank(sample_of(size, 0.3))

mann_kendall <- function(values, exact) {
    p <- cor.test(seq_along(values), values, method = "kendall", exact = exact,
                  continuity = !exact)$p.value
    add("mann_kendall", values = numbers(values), exact = logical(exact), p = number(p))
}
for (size in c(6, 9, 20, 45)) mann_kendall(sample_of(size, 0) + 0.05 * seq_len(size), TRUE)
mann_kendall(as.numeric(Nile), FALSE)
mann_kendall(as.numeric(LakeHuron), FALSE)

holm <- function(values) {
    add("holm", values = numbers(values), adjusted = numbers(p.adjust(values, "holm")))
}
holm(c(0.01, 0.04, 0.03, 0.005))
holm(c(0.0078125, 0.0078125, 0.0078125, 0.0078125))
holm(c(0.9, 0.001, 0.001, 0.4, 0.02))
holm(c(0.2))
holm(round(runif(12)^3, 6))

for (pair in list(c(0, 200), c(10, 200), c(184, 200), c(682, 925), c(5, 5))) {
    interval <- binom.test(pair[1], pair[2])$conf.int
    add("binomial_interval", hits = pair[1], trials = pair[2], low = number(interval[1]),
        high = number(interval[2]))
}

cat(sprintf("{\"source\": \"R %s.%s\",\n", R.version$major, R.version$minor))
cat(" \"command\": \"Rscript tests/bench/golden/r.R\",\n")
cat(" \"cases\": [\n  ", paste(cases, collapse = ",\n  "), "\n]}\n", sep = "")
