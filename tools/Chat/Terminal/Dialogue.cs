using ImDapr.Chat.Accounts;
using ImDapr.Chat.Connecting;
using ImDapr.Chat.Sending;
using ImDapr.Chat.Syncing;
using ImDapr.Contracts;

namespace ImDapr.Chat.Terminal;

/// <summary>Carries out lines of input, each before the next is read: what was written first arrives first.</summary>
public sealed class Dialogue(HubLink link, Sender sender, InboxReader inbox, ImApi api, TokenSource tokens, IChatOutput output, string userId)
{
    private const string HelpText = """
        TEXT                     send TEXT to where you talk (//TEXT sends /TEXT)
        /to USER                 talk to a user
        /group NAME USER...      make a group and talk to it
        /in CONVERSATION_ID      talk in a conversation of /list
        /list                    your conversations and what is new in them
        /history [N]             the last N messages of where you talk
        /who USER...             who is online, and tell me when that changes
        /read                    mark where you talk as read
        /quit                    leave
        """;

    private volatile string[] _watched = []; // replaced whole: a new connection reads it while a line adds to it
    private Target? _target;

    /// <summary>Whether a line was refused or not understood.</summary>
    public bool HadErrors { get; private set; }

    /// <summary>Reads until the end of the input or <c>/quit</c>; true for the latter.</summary>
    public async Task<bool> RunAsync(TextReader input, CancellationToken cancellationToken)
    {
        // The console blocks its reader whatever the token says, so the wait is ended and not the read.
        while (await Task.Run(input.ReadLine, cancellationToken).WaitAsync(cancellationToken) is { } line)
        {
            var command = LineCommand.Parse(line);
            if (command is LineCommand.Quit)
                return true;
            await TryAsync(command, cancellationToken);
        }
        return false;
    }

    /// <summary>A connection knows nothing of what the one before it watched.</summary>
    public async Task WatchAgainAsync(CancellationToken cancellationToken)
    {
        if (_watched.Length > 0)
            await TryAsync(new LineCommand.Who([]), cancellationToken);
    }

    private async Task TryAsync(LineCommand command, CancellationToken cancellationToken)
    {
        try
        {
            await ExecuteAsync(command, cancellationToken);
        }
        catch (Exception e) when (RefusalOf(e) is { } refusal)
        {
            await Fail(refusal);
        }
    }

    private static Refusal? RefusalOf(Exception exception) => exception switch
    {
        HubRefusedException e => e.Refusal,
        ApiException e => e.Refusal,
        LinkLostException or HttpRequestException => new(ErrorCodes.Unavailable, exception.Message),
        _ => null,
    };

    private Task ExecuteAsync(LineCommand command, CancellationToken cancellationToken) => command switch
    {
        LineCommand.Say say => SayAsync(say.Text, cancellationToken),
        LineCommand.To to => Talk(new(to.UserId, null)),
        LineCommand.In entered => Talk(new(null, entered.ConversationId)),
        LineCommand.Group group => CreateGroupAsync(group, cancellationToken),
        LineCommand.List => ListAsync(cancellationToken),
        LineCommand.History history => HistoryAsync(history.Count, cancellationToken),
        LineCommand.Who who => WatchAsync(who.UserIds, cancellationToken),
        LineCommand.Read => ReadAsync(cancellationToken),
        LineCommand.Help => Show(new ChatEvent.HelpAsked(HelpText)),
        LineCommand.Wrong wrong => Fail(new(ErrorCodes.InvalidArgument, wrong.Why)),
        _ => Task.CompletedTask,
    };

    private async Task SayAsync(string text, CancellationToken cancellationToken)
    {
        if (_target is null)
        {
            await Fail(new(ErrorCodes.InvalidArgument, "talk to whom? /to USER first"));
            return;
        }
        var sent = await sender.SendTextAsync(
            _target, text, why => output.Show(new ChatEvent.Failed(why.Code, why.Message, Retrying: true)), cancellationToken);
        output.Show(new ChatEvent.Acknowledged(sent.ClientMessageId, sent.Ack.ConversationId, sent.Ack.Seq, sent.Ack.Duplicate));
    }

    private Task Talk(Target target)
    {
        _target = target;
        return Show(new ChatEvent.Talking(target.UserId, target.ConversationId));
    }

    private async Task CreateGroupAsync(LineCommand.Group group, CancellationToken cancellationToken)
    {
        var created = await api.CreateGroupAsync(new(group.Name, group.MemberIds), await tokens.GetAsync(cancellationToken), cancellationToken);
        await Talk(new(null, created.ConversationId));
    }

    private async Task ListAsync(CancellationToken cancellationToken)
    {
        var page = await link.CallAsync<ConversationSummary[]>("Conversations", new ConversationsRequest(null, Limits.PageSize), cancellationToken);
        foreach (var conversation in page)
            output.Show(new ChatEvent.Listed(conversation));
    }

    private async Task HistoryAsync(int count, CancellationToken cancellationToken)
    {
        if (await ConversationAsync() is not { } conversationId)
            return;

        var page = await link.CallAsync<HistoryPage>("History", new HistoryRequest(conversationId, null, null, count), cancellationToken);
        foreach (var message in page.Messages)
            output.Show(new ChatEvent.Remembered(message));
    }

    private async Task ReadAsync(CancellationToken cancellationToken)
    {
        if (await ConversationAsync() is { } conversationId)
            await link.CallAsync<object?>("Read", new ReadRequest(conversationId, inbox.LastShown(conversationId)), cancellationToken);
    }

    private async Task WatchAsync(string[] userIds, CancellationToken cancellationToken)
    {
        string[] watched = [.. _watched.Union(userIds)];
        var presences = await link.CallAsync<UserPresence[]>("WatchPresence", new WatchPresenceRequest(watched), cancellationToken);
        _watched = watched;
        foreach (var presence in presences.Where(presence => userIds.Length == 0 || userIds.Contains(presence.UserId)))
            output.Show(new ChatEvent.PresenceChanged(presence.UserId, presence.Online, presence.Devices));
    }

    private async Task<string?> ConversationAsync()
    {
        if (_target is { } target)
            return target.ConversationId ?? ConversationId.Direct(userId, target.UserId!);

        await Fail(new(ErrorCodes.InvalidArgument, "of which conversation? /to USER or /in CONVERSATION_ID first"));
        return null;
    }

    private Task Fail(Refusal refusal)
    {
        HadErrors = true;
        return Show(new ChatEvent.Failed(refusal.Code, refusal.Message, Retrying: false));
    }

    private Task Show(ChatEvent shown)
    {
        output.Show(shown);
        return Task.CompletedTask;
    }
}
