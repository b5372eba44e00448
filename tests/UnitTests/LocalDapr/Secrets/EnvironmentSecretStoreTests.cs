using ImDapr.LocalDapr.Secrets;

namespace ImDapr.UnitTests.LocalDapr.Secrets;

public sealed class EnvironmentSecretStoreTests : IDisposable
{
    // Variables of this test alone: the environment belongs to the whole process.
    private readonly string _prefix = $"T{Guid.NewGuid():N}_";
    private readonly List<string> _variables = [];

    public void Dispose()
    {
        foreach (var variable in _variables)
            Environment.SetEnvironmentVariable(variable, null);
    }

    [Fact]
    public async Task A_variable_is_a_secret_of_one_value()
    {
        Set($"{_prefix}A", "1=2");
        var store = SecretStores.Create(Components.Spec("secretstores.local.env", "/"));

        Assert.Equal(new Dictionary<string, string> { [$"{_prefix}A"] = "1=2" }, await store.GetAsync($"{_prefix}A", CancellationToken.None));
        Assert.Equal("1=2", (await store.GetAllAsync(CancellationToken.None))[$"{_prefix}A"][$"{_prefix}A"]);
    }

    [Fact]
    public async Task With_a_prefix_only_what_has_it_is_told_and_by_the_rest_of_its_name()
    {
        Set($"{_prefix}A", "1");
        Set($"{_prefix}B", "2");
        Set($"{_prefix.ToLowerInvariant()}C", "other case");
        Set(_prefix, "nameless");
        var store = SecretStores.Create(Components.Spec("secretstores.local.env", "/", ("prefix", _prefix)));

        var all = await store.GetAllAsync(CancellationToken.None);

        Assert.Equal(["A", "B"], all.Keys.Order());
        Assert.Equal(("1", "1"), (all["A"]["A"], (await store.GetAsync("A", CancellationToken.None))!["A"]));
        Assert.Equal("", (await store.GetAsync($"{_prefix}A", CancellationToken.None))![$"{_prefix}A"]);
    }

    [Theory]
    [InlineData("IMDAPR_THAT_NOBODY_SETS")]
    [InlineData("PATH=")]
    [InlineData("")]
    public async Task What_is_missing_is_empty(string name)
    {
        var store = SecretStores.Create(Components.Spec("secretstores.local.env", "/"));

        Assert.Equal(new Dictionary<string, string> { [name] = "" }, await store.GetAsync(name, CancellationToken.None));
    }

    [Theory]
    [InlineData("DAPR_SECRET_OF_TEST", "")]
    [InlineData("dapr_secret_of_test", "")]
    [InlineData("App_Api_Token", "")]
    [InlineData("SECRET_OF_TEST", "DAPR_")]
    public async Task What_is_Daprs_own_is_hidden(string name, string prefix)
    {
        Set(prefix + name, "hidden");
        var store = SecretStores.Create(Components.Spec("secretstores.local.env", "/", ("prefix", prefix)));

        Assert.Equal("", (await store.GetAsync(name, CancellationToken.None))![name]);
        Assert.DoesNotContain(name, (await store.GetAllAsync(CancellationToken.None)).Keys);
    }

    private void Set(string name, string value)
    {
        _variables.Add(name);
        Environment.SetEnvironmentVariable(name, value);
    }
}
