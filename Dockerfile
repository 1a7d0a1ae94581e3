# syntax=docker/dockerfile:1

ARG RUST_VERSION=1.95
ARG DEBIAN_RELEASE=bookworm

FROM rust:${RUST_VERSION}-slim-${DEBIAN_RELEASE} AS build
WORKDIR /build
COPY . .
# The queries are checked against .sqlx: there is no database while building. Downloaded and
# compiled dependencies stay in the cache mounts, so that a change of our code compiles only that.
ENV SQLX_OFFLINE=true
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/build/target \
    cargo build --release --locked --package ledgerline --bin ledgerline \
    && install -D target/release/ledgerline /out/ledgerline

FROM debian:${DEBIAN_RELEASE}-slim
# Only for outgoing TLS, such as SMTP and PostgreSQL over the network.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /data --create-home --shell /usr/sbin/nologin ledgerline
COPY --from=build /out/ledgerline /usr/local/bin/ledgerline
COPY LICENSE-MIT LICENSE-APACHE /usr/share/doc/ledgerline/

USER ledgerline
WORKDIR /data
VOLUME /data
ENV LEDGERLINE_ADDR=0.0.0.0:8080 \
    LEDGERLINE_DATA_DIR=/data
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
    CMD ["ledgerline", "healthcheck"]
ENTRYPOINT ["ledgerline"]
CMD ["serve"]
