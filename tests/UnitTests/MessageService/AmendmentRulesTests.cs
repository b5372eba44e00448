using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using ImDapr.Contracts;
using ImDapr.MessageService.Entities;
using ImDapr.MessageService.Sending;

namespace ImDapr.UnitTests.MessageService;

public sealed class AmendmentRulesTests
{
    private static readonly Message Original = Event(1, "ann", MessageTypes.Text, """{"text":"helo"}""") with { ReplyTo = null };

    [Fact]
    public void The_newest_edit_wins_whichever_comes_last()
    {
        var shown = Shown(Edit(5, "hello"), Edit(3, "hallo"));

        Assert.Equal(("hello", 5_000L), (shown.Body.GetProperty("text").GetString(), shown.EditedAt));
    }

    [Fact]
    public void A_recall_is_final_and_leaves_nothing_of_the_message()
    {
        var shown = Shown(React(2, "bob", "👍"), Event(3, "ann", MessageTypes.Recall, """{"seq":1}"""), Edit(4, "hello"), React(5, "bob", "👍"));

        Assert.Equal(("ann", "{}"), (shown.RecalledBy, shown.Body.GetRawText()));
        Assert.Null(shown.Reactions);
        Assert.Null(shown.EditedAt);
    }

    [Fact]
    public void A_reaction_is_of_its_user_and_the_newest_word_counts()
    {
        var shown = Shown(React(2, "bob", "👍"), React(3, "ann", "👍"), React(4, "bob", "🎉"), React(5, "bob", "👍", remove: true));

        Assert.Equal(["ann"], shown.Reactions!["👍"]);
        Assert.Equal(["bob"], shown.Reactions["🎉"]);
    }

    [Fact]
    public void A_late_repeat_of_what_was_taken_back_changes_nothing()
    {
        var add = React(2, "bob", "👍");

        Assert.Null(Shown(add, React(3, "bob", "👍", remove: true), add).Reactions);
    }

    [Fact]
    public void Repeating_everything_changes_nothing()
    {
        Message[] events = [Edit(2, "hello"), React(3, "bob", "👍"), React(4, "bob", "👍", remove: true)];
        var (body, amendment) = Apply(Original.Body, Amendment.None, events);

        Assert.Null(AmendmentRules.Apply(Original with { Body = body }, amendment, events, new MessageLimits()));
    }

    [Fact]
    public void Reactions_have_a_limit_and_what_was_taken_back_is_not_remembered_for_ever()
    {
        var limits = new MessageLimits { Reactions = 8 };
        var many = Enumerable.Range(2, 20).Select(seq => React(seq, $"user{seq}", "👍")).ToArray();
        var toggled = Enumerable.Range(30, 40).Select(seq => React(seq, "bob", $"r{seq / 2}", remove: seq % 2 == 1)).ToArray();

        var full = AmendmentRules.Apply(Original, Amendment.None, many, limits)!.Amendment;
        var after = AmendmentRules.Apply(Original, Amendment.None, toggled, limits)!.Amendment;

        Assert.Equal(8, full.ApplyTo(Original).Reactions!["👍"].Length);
        Assert.Equal(2, after.Reactions!.Sum(reaction => reaction.Value.Count));
    }

    [Property(MaxTest = 300)]
    public Property Order_and_repeats_never_matter() =>
        Prop.ForAll(Arb.From(Events()), events =>
        {
            var inOrder = Shown([.. events.DistinctBy(change => change.Seq).OrderBy(change => change.Seq)]);
            var asTheyCome = Shown([.. events]);
            return Json(inOrder) == Json(asTheyCome);
        });

    private static Gen<List<Message>> Events() => Gen.Choose(2, 12).SelectMany(seq => Gen.Choose(0, 9).Select(_ => At(seq))).ListOf().Select(list => list.ToList());

    // What happened at a seq never changes: only how often and when it is told does.
    private static Message At(int seq) => (seq % 5) switch
    {
        _ when seq == 12 => Event(seq, "ann", MessageTypes.Recall, """{"seq":1}"""),
        0 => Edit(seq, $"text {seq}"),
        1 => React(seq, "bob", "👍"),
        2 => React(seq, "bob", "👍", remove: true),
        3 => React(seq, "ann", "🎉"),
        _ => React(seq, "ann", "👍"),
    };

    private static string Json(Message message) => JsonSerializer.Serialize(
        message with { Reactions = message.Reactions is null ? null : new SortedDictionary<string, string[]>(message.Reactions.ToDictionary(), StringComparer.Ordinal) },
        ContractsJson.Wire);

    private static Message Shown(params Message[] events)
    {
        var (body, amendment) = Apply(Original.Body, Amendment.None, events);
        return amendment.ApplyTo(Original with { Body = body });
    }

    // One by one, as they come in batches of their own.
    private static (JsonElement Body, Amendment Amendment) Apply(JsonElement body, Amendment amendment, IEnumerable<Message> events)
    {
        foreach (var change in events)
        {
            if (AmendmentRules.Apply(Original with { Body = body }, amendment, [change], new MessageLimits()) is { } amended)
                (body, amendment) = (amended.Body, Amendment.Read(amended.Amendment.Write()));
        }
        return (body, amendment);
    }

    private static Message Edit(long seq, string text) => Event(seq, "ann", MessageTypes.Edit, $$$"""{"seq":1,"body":{"text":"{{{text}}}"}}""");

    private static Message React(long seq, string userId, string reaction, bool remove = false) =>
        Event(seq, userId, MessageTypes.Reaction, $$"""{"seq":1,"reaction":"{{reaction}}","remove":{{(remove ? "true" : "false")}}}""");

    private static Message Event(long seq, string senderId, string type, string body) =>
        new("g:x", seq, senderId, "", $"c{seq}", type, JsonElement.Parse(body), 1, null, seq * 1_000);
}
