# One target per deployable: user-service, message-service, connection-service, chat. tools/images.sh builds them.
# Both base images are named by who builds; the classic builder is enough.
ARG SDK_IMAGE
ARG RUNTIME_IMAGE

FROM ${SDK_IMAGE} AS build
WORKDIR /src
COPY . .
# yes: what stands in artifacts/publish is packed as it is, and this stage needs a shell and no SDK.
ARG PUBLISHED=no
RUN [ "$PUBLISHED" = yes ] || { rm -rf artifacts/publish && \
    for project in services/UserService services/MessageService services/ConnectionService tools/Chat; do \
      dotnet publish "$project" -c Release --use-current-runtime --self-contained false -p:PublishReadyToRun=true \
        -o "artifacts/publish/${project##*/}" || exit 1; \
    done; }

FROM ${RUNTIME_IMAGE} AS runtime
ARG VERSION=unknown
ARG REVISION=unknown
ARG SOURCE=unknown
LABEL org.opencontainers.image.vendor="ImDapr" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.source="${SOURCE}"
# Diagnostics would open a socket in /tmp, which a read-only root file system may not have.
ENV DOTNET_EnableDiagnostics=0 \
    ASPNETCORE_HTTP_PORTS=8080
WORKDIR /app
# By number, so that Kubernetes can see that it is not root; above 10,000, so that no user of the node has it.
USER 65532:65532

FROM runtime AS user-service
LABEL org.opencontainers.image.title="user-service" \
      org.opencontainers.image.description="Accounts, devices, contacts and groups of ImDapr"
COPY --from=build /src/artifacts/publish/UserService ./
ENTRYPOINT ["/app/ImDapr.UserService"]

FROM runtime AS message-service
LABEL org.opencontainers.image.title="message-service" \
      org.opencontainers.image.description="Sequence, storage, fan-out and inboxes of ImDapr"
COPY --from=build /src/artifacts/publish/MessageService ./
ENTRYPOINT ["/app/ImDapr.MessageService"]

FROM runtime AS connection-service
LABEL org.opencontainers.image.title="connection-service" \
      org.opencontainers.image.description="Hub, presence and public origin of ImDapr"
COPY --from=build /src/artifacts/publish/ConnectionService ./
ENTRYPOINT ["/app/ImDapr.ConnectionService"]

FROM runtime AS chat
LABEL org.opencontainers.image.title="chat" \
      org.opencontainers.image.description="Chat over ImDapr from a terminal, and its smoke test"
COPY --from=build /src/artifacts/publish/Chat ./
ENTRYPOINT ["/app/ImDapr.Chat"]
