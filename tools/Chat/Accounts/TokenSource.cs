using System.Net;
using ImDapr.Chat.Syncing;
using ImDapr.Contracts;

namespace ImDapr.Chat.Accounts;

/// <summary>A valid access token at any time: from memory, by refresh, by login, or by registering first.</summary>
public sealed class TokenSource(ChatOptions options, ImApi api, StateFile file, TimeProvider time) : IDisposable
{
    // A token that ends while the handshake is under way would be refused.
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(10);
    private readonly SemaphoreSlim _oneAtATime = new(1); // a refresh token works once: two refreshes would end the session
    private string? _accessToken;
    private DateTimeOffset _validUntil;

    public async Task<string> GetAsync(CancellationToken cancellationToken)
    {
        await _oneAtATime.WaitAsync(cancellationToken);
        try
        {
            if (_accessToken is null || time.GetUtcNow() >= _validUntil)
                Keep(await FetchAsync(cancellationToken));
            return _accessToken!;
        }
        finally
        {
            _oneAtATime.Release();
        }
    }

    /// <summary>The server refused the token although its time was not up: fetch another next time.</summary>
    public void Forget() => _validUntil = DateTimeOffset.MinValue;

    public void Dispose() => _oneAtATime.Dispose();

    private void Keep(SessionTokens tokens)
    {
        file.Update(state => state with { RefreshToken = tokens.RefreshToken }); // before its first use: the old one is worth nothing now
        var lifetime = TimeSpan.FromSeconds(tokens.ExpiresIn);
        (_accessToken, _validUntil) = (tokens.AccessToken, time.GetUtcNow() + Max(lifetime - Margin, lifetime / 2));
    }

    private async Task<SessionTokens> FetchAsync(CancellationToken cancellationToken)
    {
        if (file.State.RefreshToken is { } refreshToken)
        {
            try
            {
                return await api.RefreshAsync(refreshToken, cancellationToken);
            }
            catch (ApiException e) when (e.Status is HttpStatusCode.Unauthorized)
            {
                file.Update(state => state with { RefreshToken = null }); // used, revoked or of another server: the password decides
            }
        }
        return await LoginAsync(cancellationToken);
    }

    private async Task<SessionTokens> LoginAsync(CancellationToken cancellationToken)
    {
        var login = new LoginRequest(options.UserId, options.EffectivePassword, options.DeviceId, ChatOptions.Platform);
        try
        {
            return await api.LoginAsync(login, cancellationToken);
        }
        catch (ApiException first) when (first.Status is HttpStatusCode.Unauthorized or HttpStatusCode.NotFound)
        {
            // The server does not say whether the user or the password is unknown.
            var isNew = await TryRegisterAsync(cancellationToken);
            try
            {
                return await api.LoginAsync(login, cancellationToken);
            }
            catch (ApiException again) when (!isNew && again.Status is HttpStatusCode.Unauthorized)
            {
                throw new ChatException($"{options.UserId} exists and has another password", again);
            }
        }
    }

    // Taken may also mean: by another device of the same user a moment ago, or by our own try whose answer was lost.
    private async Task<bool> TryRegisterAsync(CancellationToken cancellationToken)
    {
        try
        {
            await api.RegisterAsync(options.UserId, options.EffectivePassword, cancellationToken);
        }
        catch (ApiException e) when (e.Status is HttpStatusCode.Conflict)
        {
            return false;
        }
        file.Update(state => state with { Sync = SyncState.Empty }); // a new user has no past: the server was wiped
        return true;
    }

    private static TimeSpan Max(TimeSpan a, TimeSpan b) => a > b ? a : b;
}
