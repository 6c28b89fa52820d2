# The hub, as it is published: built from this checkout, run without anything of it but the package.
FROM node:24-bookworm-slim AS build
WORKDIR /build
COPY . .
# Node itself comes with the image, and needs not come from npm as well.
RUN npm ci --omit=optional --ignore-scripts && npm run build

FROM node:24-bookworm-slim
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends git && rm -rf /var/lib/apt/lists/*
COPY --from=build /build/dist /opt/signalbox
RUN cd /opt/signalbox && npm install --omit=dev --ignore-scripts --no-audit --no-fund && npm link --ignore-scripts
# Made here, so that a new volume belongs to the user that the hub runs as.
RUN mkdir /data /archives && chown node:node /data /archives
USER node
ENV SIGNALBOX_DATA_DIR=/data
VOLUME /data
EXPOSE 8321
HEALTHCHECK --interval=5s --timeout=3s --start-period=10s \
  CMD node -e "fetch('http://127.0.0.1:8321/health').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"
ENTRYPOINT ["signalbox"]
CMD ["serve"]
