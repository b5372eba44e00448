using ImDapr.LocalDapr.Bindings;

namespace ImDapr.UnitTests.LocalDapr.Bindings;

public sealed class SqlShapeTests
{
    [Theory]
    [InlineData("", 0, false)]
    [InlineData("SELECT ?, ?", 2, false)]
    [InlineData("SELECT '?', \"?\", `?`, ?", 1, false)]
    [InlineData("SELECT 'it''s ? \\' ?', ?", 1, false)]
    [InlineData("SELECT 1 -- ?\n, ? # ?\n, ? /* ? */", 2, false)]
    [InlineData("SELECT 5--?", 1, false)]
    [InlineData("SELECT 6/?/*/?*/", 1, false)]
    [InlineData("SELECT 1;", 0, false)]
    [InlineData("SELECT 1 ; -- done ;\n /* ; */ ;", 0, false)]
    [InlineData("SELECT ';'", 0, false)]
    [InlineData("SELECT 1; SELECT ?", 1, true)]
    [InlineData("SELECT 1;'x'", 0, true)]
    [InlineData("SELECT 'open ?; x", 0, false)]
    public void Placeholders_and_statements_are_told_from_text_and_comments(string sql, int placeholders, bool several) =>
        Assert.Equal(new SqlShape(placeholders, several), SqlShape.Of(sql));
}
