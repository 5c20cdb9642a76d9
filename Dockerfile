# A machine that builds iolab and compares the models:
#
#   docker build -t iolab .
#   docker run --rm iolab                                        make compare
#   docker run --rm -v "$PWD/results:/iolab/results" iolab       the same, and keep the results
#   docker run --rm -it --network host iolab make demo MODEL=poll
#
# A container's share of the CPUs and its limit of open files bound what can be
# measured in it: `make doctor`.
FROM debian:12-slim AS tools

RUN apt-get update \
    && apt-get install --no-install-recommends -y make git ca-certificates \
    && rm -rf /var/lib/apt/lists/*

# Set-up before the source, so that a change of the source installs nothing again.
WORKDIR /iolab
COPY CMakeLists.txt ./
COPY scripts/setup scripts/three_lines scripts/
RUN scripts/setup build test io_uring plots docs && rm -rf /var/lib/apt/lists/*

FROM tools
COPY . .
RUN make
CMD ["make", "compare"]
