using System.Text.Json;
using ImDapr.DaprConformanceApp.Recording;

namespace ImDapr.DaprConformanceApp.PubSub;

/// <summary>The answer on a batch: a status per entry, or, when an entry's script says <c>all:…</c>, one answer for the whole.</summary>
internal sealed record BulkAnswer(string? Whole, IReadOnlyList<BulkAnswer.Entry> Entries)
{
    public static BulkAnswer Of(string body, RecordStore records, string path)
    {
        var answers = JsonElement.Parse(body).GetProperty("entries").EnumerateArray()
            .Select(entry => (Id: entry.GetProperty("entryId").GetString()!, Word: Next(entry.GetProperty("event"), records, path))).ToList();
        var whole = answers.Select(answer => answer.Word).FirstOrDefault(word => word.StartsWith("all:", StringComparison.Ordinal));
        // "none": this entry is not in the answer at all.
        return new(whole?["all:".Length..], [.. answers.Where(answer => answer.Word != "none").Select(answer => new Entry(answer.Id, answer.Word))]);
    }

    public Task WriteAsync(HttpContext context) =>
        Whole is null ? context.Response.WriteAsJsonAsync(new { statuses = Entries }) : Script.AnswerAsync(context, Whole);

    // An event of a raw subscription is text in base64.
    private static string Next(JsonElement item, RecordStore records, string path)
    {
        var text = item.ValueKind == JsonValueKind.String ? System.Text.Encoding.UTF8.GetString(Convert.FromBase64String(item.GetString()!)) : item.GetRawText();
        return Script.Read(text).Next(records, path);
    }

    internal sealed record Entry(string EntryId, string Status);
}
