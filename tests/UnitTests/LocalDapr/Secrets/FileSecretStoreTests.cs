using ImDapr.LocalDapr.Resources;
using ImDapr.LocalDapr.Secrets;

namespace ImDapr.UnitTests.LocalDapr.Secrets;

public sealed class FileSecretStoreTests : IDisposable
{
    private const string Example =
        """
        {
          "plain": "a",
          "redis": { "password": "b", "users": ["c", { "name": "d" }] },
          "empty": {},
          "number": 5, "big": 1234567890123456789012, "long": -12345678901234567890, "small": 0.000015, "ratio": -1.50, "yes": true, "nothing": null,
          "list": ["e"]
        }
        """;

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Every_value_is_a_secret_named_by_its_path()
    {
        await using var store = await OpenAsync(Example);

        Assert.Equal(
            new Dictionary<string, string>
            {
                ["plain"] = "a",
                ["redis:password"] = "b",
                ["redis:users:0"] = "c",
                ["redis:users:1:name"] = "d",
                ["number"] = "%!s(float64=5)",
                ["big"] = "%!s(float64=1.2345678901234568e+21)",
                ["long"] = "%!s(float64=-12345678901234567000)",
                ["small"] = "%!s(float64=1.5e-05)",
                ["ratio"] = "%!s(float64=-1.5)",
                ["yes"] = "%!s(bool=true)",
                ["nothing"] = "%!s(<nil>)",
                ["list:0"] = "e",
            }, (await store.GetAllAsync(CancellationToken.None)).ToDictionary(secret => secret.Key, secret => secret.Value[secret.Key]));
        Assert.Equal("d", Assert.Single((await store.GetAsync("redis:users:1:name", CancellationToken.None))!, pair => pair.Key == "redis:users:1:name").Value);
    }

    [Fact]
    public async Task Paths_are_joined_as_nestedSeparator_says()
    {
        await using var store = await OpenAsync(Example, ("nestedSeparator", ".."));

        Assert.Equal("d", (await store.GetAsync("redis..users..1..name", CancellationToken.None))!["redis..users..1..name"]);
    }

    [Fact]
    public async Task Multi_valued_secrets_hold_what_is_below_them()
    {
        await using var store = await OpenAsync(Example, ("multiValued", "true"));

        Assert.Equal(["empty", "plain", "redis"], (await store.GetAllAsync(CancellationToken.None)).Keys.Order());
        Assert.Equal(new Dictionary<string, string> { ["plain"] = "a" }, await store.GetAsync("plain", CancellationToken.None));
        Assert.Equal(
            new Dictionary<string, string> { ["password"] = "b", ["users:0"] = "c", ["users:1:name"] = "d" },
            await store.GetAsync("redis", CancellationToken.None));
        Assert.Empty((await store.GetAsync("empty", CancellationToken.None))!);
    }

    [Theory]
    [InlineData("redis")]
    [InlineData("PLAIN")]
    [InlineData("")]
    public async Task A_secret_that_is_not_there_is_an_error(string name)
    {
        await using var store = await OpenAsync(Example);

        var error = await Assert.ThrowsAsync<SecretStoreException>(() => store.GetAsync(name, CancellationToken.None));

        Assert.Equal($"secret {name} not found", error.Message);
    }

    [Fact]
    public async Task Of_two_entries_with_one_name_the_last_counts()
    {
        await using var store = await OpenAsync("""{"a": {"b": "1"}, "a": "2"}""");

        Assert.Equal("2", (await store.GetAsync("a", CancellationToken.None))!["a"]);
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("\"text\"")]
    [InlineData("{")]
    [InlineData("""{"a": 1e999}""")]
    [InlineData("""{"a:b": "1", "a": {"b": "2"}}""")]
    public async Task A_file_that_cannot_be_read_is_named(string json)
    {
        var error = await Assert.ThrowsAsync<ComponentException>(() => OpenAsync(json));

        Assert.Contains("secrets.json", error.Message);
        Assert.Contains("test.yaml", error.Message);
    }

    [Fact]
    public async Task A_file_that_is_not_there_is_named()
    {
        await using var store = SecretStores.Create(Components.Spec("secretstores.local.file", _folder.Path, ("secretsFile", "missing.json")));

        var error = await Assert.ThrowsAsync<ComponentException>(() => store.InitAsync(CancellationToken.None));

        Assert.Contains("missing.json", error.Message);
    }

    [Fact]
    public async Task Null_is_no_secret_at_all()
    {
        await using var store = await OpenAsync("null");

        Assert.Empty(await store.GetAllAsync(CancellationToken.None));
    }

    [Fact]
    public void The_file_is_required()
    {
        var error = Assert.Throws<ComponentException>(() => SecretStores.Create(Components.Spec("secretstores.local.file", _folder.Path)));

        Assert.Contains("secretsFile", error.Message);
    }

    [Fact]
    public void An_unknown_type_lists_the_known_ones()
    {
        var error = Assert.Throws<ComponentException>(() => SecretStores.Create(Components.Spec("secretstores.unknown", _folder.Path)));

        Assert.Contains("secretstores.local.env and secretstores.local.file", error.Message);
        Assert.Contains("test.yaml", error.Message);
    }

    private async Task<ISecretStore> OpenAsync(string json, params (string Name, string Value)[] metadata)
    {
        await File.WriteAllTextAsync(Path.Combine(_folder.Path, "secrets.json"), json);
        var store = SecretStores.Create(Components.Spec("secretstores.local.file", _folder.Path, [("secretsFile", "secrets.json"), .. metadata]));
        await store.InitAsync(CancellationToken.None);
        return store;
    }
}
