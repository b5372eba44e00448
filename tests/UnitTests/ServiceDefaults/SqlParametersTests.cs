using ImDapr.ServiceDefaults.Sql;

namespace ImDapr.UnitTests.ServiceDefaults;

public sealed class SqlParametersTests
{
    [Fact]
    public void Integers_travel_as_text_because_the_binding_would_bend_them() =>
        Assert.Equal("""["9007199254740993","5",null,"it's"]""", SqlClient.ParametersJson([9007199254740993L, 5, null, "it's"]));

    [Fact]
    public void A_type_that_no_store_agrees_on_is_refused() =>
        Assert.Throws<ArgumentException>(() => SqlClient.ParametersJson([1.5]));
}
