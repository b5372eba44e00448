namespace ImDapr.ServiceDefaults.Auth;

/// <summary>The keys that check tokens cannot be had now: nothing is known about the token.</summary>
public sealed class KeysUnavailableException(Exception inner) : Exception("The signing keys of user-service cannot be read", inner);
