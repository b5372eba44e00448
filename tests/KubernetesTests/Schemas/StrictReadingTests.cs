using System.Text.Json;
using System.Text.Json.Nodes;
using ImDapr.KubernetesTests.Rendering;
using ImDapr.KubernetesTests.Rules;
using YamlDotNet.Core;

namespace ImDapr.KubernetesTests.Schemas;

/// <summary>Everything that is rendered is accepted by an API server that validates strictly, and these tests would see it if it were not.</summary>
public sealed class StrictReadingTests
{
    private const string Deployment =
        """
        apiVersion: apps/v1
        kind: Deployment
        metadata:
          name: any
          annotations: { dapr.io/app-port: "8080" }
        spec:
          replicas: 1
          selector: { matchLabels: { app: any } }
          template:
            spec:
              containers:
                - name: any
                  ports: [{ name: http, containerPort: 8080 }]
                  env: [{ name: Management__Port, value: "9100" }]
                  readinessProbe: { httpGet: { path: /readyz, port: http }, periodSeconds: 3 }
                  resources: { limits: { cpu: 500m, memory: 1Gi } }
        """;

    private const string Component =
        """
        apiVersion: dapr.io/v1alpha1
        kind: Component
        metadata:
          name: any
          labels: { app.kubernetes.io/part-of: imdapr }
        spec:
          type: state.redis
          version: v1
          ignoreErrors: false
          metadata:
            - name: redisHost
              secretKeyRef: { name: any, key: host }
            - name: anything
              value: "1"
        scopes: [one, two]
        """;

    private const string Resiliency =
        """
        apiVersion: dapr.io/v1alpha1
        kind: Resiliency
        metadata:
          name: any
        spec:
          policies:
            retries:
              deliver: { policy: exponential, maxRetries: 9 }
          targets:
            components:
              pubsub: { inbound: { retry: deliver } }
        """;

    [Fact]
    public void Every_object_has_the_fields_of_its_kind_and_no_others() => Rule.Holds(Clusters.Objects, manifest => Violations(manifest.Json));

    [Theory]
    [InlineData(Deployment)]
    [InlineData(Component)]
    [InlineData(Resiliency)]
    public void What_is_right_is_accepted(string yaml) => Assert.Empty(Violations(Yaml.Document(yaml)));

    [Theory]
    [InlineData(Deployment, "replicas: 1", "replicaz: 1")]
    [InlineData(Deployment, "replicas: 1", "replicas: \"1\"")]
    [InlineData(Deployment, "app-port: \"8080\"", "app-port: 8080")]
    [InlineData(Deployment, "app: any", "app: on")]
    [InlineData(Deployment, "value: \"9100\"", "value: 9100")]
    [InlineData(Deployment, "containerPort: 8080", "containerPort: http")]
    [InlineData(Deployment, "periodSeconds", "period")]
    [InlineData(Deployment, "memory: 1Gi", "memory: much")]
    [InlineData(Deployment, "kind: Deployment", "kind: Deploiment")]
    [InlineData(Component, "ignoreErrors", "ignoreError")]
    [InlineData(Component, "secretKeyRef", "secretRef")]
    [InlineData(Component, "version: v1", "version: 1")]
    [InlineData(Component, "ignoreErrors: false", "ignoreErrors: never")]
    [InlineData(Component, "version: v1", "initTimeout: 5s")]
    [InlineData(Component, "name: anything", "label: anything")]
    [InlineData(Component, "name: anything", "value: anything")]
    [InlineData(Component, "scopes: [one, two]", "scopes: [one, 2]")]
    [InlineData(Component, "scopes: [one, two]", "scopes: one")]
    [InlineData(Component, "part-of: imdapr", "part-of: 1")]
    [InlineData(Resiliency, "maxRetries: 9", "maxRetries: \"9\"")]
    [InlineData(Resiliency, "maxRetries: 9", "maxRetry: 9")]
    [InlineData(Resiliency, "inbound:", "incoming:")]
    public void A_misspelt_field_a_wrong_type_and_what_is_missing_are_refused(string yaml, string right, string wrong)
    {
        Assert.Contains(right, yaml, StringComparison.Ordinal);

        Assert.NotEmpty(Violations(yaml.Replace(right, wrong, StringComparison.Ordinal)));
    }

    private static IEnumerable<string> Violations(string yaml)
    {
        try
        {
            return Violations(Yaml.Document(yaml));
        }
        catch (YamlException twice)
        {
            return [twice.Message];
        }
    }

    private static IEnumerable<string> Violations(JsonNode json)
    {
        if (Schema.Find(json) is { } schema)
            return schema.Violations(json);
        try
        {
            return Models.Read(json) is null ? ["no schema describes its kind"] : [];
        }
        catch (Exception wrong) when (wrong is JsonException or FormatException)
        {
            return [wrong.Message];
        }
    }
}
