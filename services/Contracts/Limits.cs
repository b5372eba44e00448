namespace ImDapr.Contracts;

/// <summary>Limits of the protocol, enforced at the boundary that receives the value (docs/protocol.md lists them).</summary>
public static class Limits
{
    /// <summary>UTF-8 bytes of a message body as JSON text; more is <c>too_large</c>.</summary>
    public const int BodyBytes = 16 * 1024;

    /// <summary>Levels of objects and arrays in a body. JSON readers stop at 64, and pages, events and answers wrap a body in some of their own.</summary>
    public const int BodyDepth = 32;

    public const int IdLength = 64;
    public const int ConversationIdLength = 140;
    public const int DisplayNameLength = 128;
    public const int NoteLength = 200;
    public const int Mentions = 100;

    /// <summary>Most entries of one Sync or History page: 200 × 16 KiB stays below Dapr's 4 MiB body limit.</summary>
    public const int PageSize = 200;
    public const int WatchedUsers = 200;

    /// <summary>Most contacts of one page: 1,000 names and notes of full length are 1.3 MB.</summary>
    public const int ContactsPageSize = 1_000;

    /// <summary>Members of a group, unless configured otherwise.</summary>
    public const int GroupMembers = 10_000;

    /// <summary>Members named in one request, unless configured otherwise.</summary>
    public const int MembersPerRequest = 1_000;

    /// <summary>Bytes of one batch on any hop (Dapr refuses 4 MiB; half of that after base64 and envelopes is still far away).</summary>
    public const int BatchBytes = 1024 * 1024;
}
