using FsCheck.Xunit;
using ImDapr.Contracts;

namespace ImDapr.UnitTests.Chat;

public sealed class SyncEngineProperties
{
    /// <summary>Every byte is one thing that happens: to the inbox, to a push under way, or to the device.</summary>
    [Property(MaxTest = 2000)]
    public void Lost_repeated_and_reordered_pushes_never_lead_to_a_duplicate_a_gap_or_disorder(byte[] happenings)
    {
        var inbox = new FakeInbox();
        var device = new FakeDevice(inbox);
        var underWay = new List<object>();

        foreach (var happening in happenings)
            Happen(happening, inbox, device, underWay);
        device.Connect();

        foreach (var (conversationId, seqs) in inbox.Stored)
            Assert.Equal(seqs, device.ShownOf(conversationId));
    }

    private static void Happen(byte happening, FakeInbox inbox, FakeDevice device, List<object> underWay)
    {
        var conversationId = $"g:{(happening >> 4) % 3}";
        switch (happening % 16)
        {
            case < 4:
                underWay.Add(inbox.Append(conversationId));
                break;
            case < 6:
                underWay.Add(inbox.AppendTimeline(conversationId));
                break;
            case < 9:
                Deliver(happening, device, underWay, again: false);
                break;
            case 9:
                Deliver(happening, device, underWay, again: true);
                break;
            case 10 when underWay.Count > 0:
                underWay.RemoveAt(happening % underWay.Count);
                break;
            case 11:
                inbox.AppendVoid(conversationId);
                break;
            case 12:
                device.Connect();
                break;
            case 13:
                device.BeginConnecting();
                break;
            case 14:
                inbox.Trim();
                break;
            case 15 when happening > 127:
                inbox.Rebuild();
                break;
        }
    }

    private static void Deliver(byte happening, FakeDevice device, List<object> underWay, bool again)
    {
        if (underWay.Count == 0)
            return;

        var push = underWay[happening / 16 % underWay.Count];
        if (!again)
            underWay.Remove(push);
        if (push is InboxEntry entry)
            device.Push(entry);
        else
            device.PushTimeline((Message)push);
    }
}
