namespace ImDapr.Chat;

/// <summary>Why the chat cannot go on, in words for the person at the terminal.</summary>
public sealed class ChatException(string message, Exception? inner = null) : Exception(message, inner);
