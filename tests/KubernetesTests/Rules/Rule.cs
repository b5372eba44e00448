namespace ImDapr.KubernetesTests.Rules;

/// <summary>A rule for all things of a kind. None at all is a failure: it would hold for whatever the manifests say.</summary>
internal static class Rule
{
    public static void Holds<T>(IEnumerable<T> things, Func<T, IEnumerable<string>> violations)
    {
        var all = things.ToList();
        Assert.NotEmpty(all);
        var found = all.SelectMany(thing => violations(thing).Select(violation => $"{thing}: {violation}")).ToList();
        if (found.Count > 0)
            Assert.Fail(string.Join('\n', found));
    }

    public static void Holds<T>(IEnumerable<T> things, Func<T, bool> isRight, Func<T, string> otherwise) =>
        Holds(things, thing => isRight(thing) ? [] : [otherwise(thing)]);

    public static void Holds<T>(IEnumerable<T> things, Func<T, bool> isRight, string otherwise) => Holds(things, isRight, _ => otherwise);
}
