# docker build -t audit . && docker run --rm --volume "$PWD:/work:ro" audit
FROM rust:1.95-slim-bookworm AS build
# Versions are those of the Debian release that the image names.
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install --yes --no-install-recommends gcc git libc6-dev \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
RUN cargo install --locked --path . --profile dist --root /out

FROM debian:bookworm-slim
# git reads the history; nothing else is needed beside the one binary.
# Versions are those of the Debian release that the image names.
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install --yes --no-install-recommends git \
 && rm -rf /var/lib/apt/lists/*
COPY --from=build /out/bin/audit /usr/local/bin/audit
USER 65532:65532
WORKDIR /work
ENTRYPOINT ["audit"]
CMD ["."]
