using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using FsCheck.Xunit;
using ImDapr.Contracts;
using ImDapr.MessageService.Entities;
using ImDapr.MessageService.Entities.State;

namespace ImDapr.UnitTests.MessageService.Entities;

public sealed class PageTests
{
    /// <summary>Each step: three bits for the user, one for retain or release; users of a retain are those up to it.</summary>
    [Property]
    public void A_message_is_gone_exactly_when_all_who_were_counted_have_acknowledged_and_for_good(byte[] steps)
    {
        var page = Page.Empty;
        var (counted, released, isGone, isRetained) = (new HashSet<string>(), new HashSet<string>(), false, false);
        foreach (var step in steps)
        {
            var user = step % 8;
            if (step % 16 < 8)
            {
                page = page.Release(70, $"user{user}");
                released.Add($"user{user}");
            }
            else
            {
                string[] users = [.. Enumerable.Range(0, user + 1).Select(i => $"user{i}")];
                page = page.Retain(70, users);
                isRetained = true;
                counted.UnionWith(users);
            }
            isGone |= isRetained && counted.IsSubsetOf(released);

            page = JsonSerializer.Deserialize<Page>(JsonSerializer.Serialize(page, ContractsJson.Wire), ContractsJson.Wire)!;
            Assert.Equal((isGone, false), (page.IsGone(70), page.IsGone(71)));
        }
    }

    [Property]
    public void A_repeat_changes_nothing(byte[] users)
    {
        string[] recipients = [.. users.Select(user => $"user{user}").Distinct()];
        var page = recipients.Aggregate(Page.Empty.Retain(1, recipients), (before, user) => user.Length % 2 == 0 ? before.Release(1, user) : before);

        Assert.Same(page, page.Retain(1, recipients));
        Assert.All(recipients.Where(user => user.Length % 2 == 0), user => Assert.Same(page, page.Release(1, user)));
    }

    [Property]
    public void Marks_are_read_as_they_were_written(byte[] bytes)
    {
        List<Mark> marks = [.. bytes.Select((value, i) => new Mark(7 + i, (FanOutPolicy)(value % 3), 1_770_000_000_000 + (value * 31L), value % 5 == 0 ? value + 1 : null))];

        var read = JsonSerializer.Deserialize<Marks>(JsonSerializer.Serialize(Marks.Of(marks, 7), ContractsJson.Wire), ContractsJson.Wire)!;

        Assert.Equal(marks, read.Read());
        Assert.Equal(7, read.From);
    }

    [Fact]
    public void A_head_keeps_the_newest_senders_and_only_marks_that_no_page_holds()
    {
        var head = Head.Empty;
        for (var seq = 1; seq <= 300; seq++)
            head = head.After([new StoredMessage(new Message("g:x", seq, $"user{seq}", "", "", MessageTypes.Text, JsonElement.Parse("{}"), null, null, seq), FanOutPolicy.Copy)]);

        Assert.Equal((200, 101), (head.Senders.Count, head.Senders.Values.Min()));
        Assert.Equal((257, 44), (head.Marks.From, head.Marks.Count));
        Assert.Empty(head.FullPages());
    }

    [Theory]
    [InlineData("redis", 30, true)]
    [InlineData("redis+mysql", 30, true)]
    [InlineData("mongodb", 30, false)]
    [InlineData("redis", 0, false)]
    public void A_wrong_option_is_named(string model, int days, bool isValid)
    {
        var options = new StorageOptions { Model = model, EntityTtlDays = days };
        var errors = new List<ValidationResult>();

        Assert.Equal(isValid, Validator.TryValidateObject(options, new ValidationContext(options), errors, validateAllProperties: true));
        Assert.All(errors, error => Assert.Contains(days == 0 ? "EntityTtlDays" : "Storage__Model is redis+mysql or redis, not 'mongodb'.", error.ErrorMessage));
    }
}
