using ImDapr.ServiceDefaults.Auth;
using ImDapr.ServiceDefaults.Settings;
using ImDapr.UserService.Accounts;
using ImDapr.UserService.Contacts;
using ImDapr.UserService.Devices;
using ImDapr.UserService.Groups;
using ImDapr.UserService.Relations;
using ImDapr.UserService.Tokens;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;

namespace ImDapr.UserService;

/// <summary>Wiring of each feature.</summary>
public static class UserServiceExtensions
{
    public static WebApplicationBuilder AddAccounts(this WebApplicationBuilder builder)
    {
        builder.Services.AddSettings<PasswordHashing>();
        builder.Services.AddOptions<PasswordHasherOptions>()
            .Configure<IOptions<PasswordHashing>>((hasher, passwords) => hasher.IterationCount = passwords.Value.IterationCount);
        builder.Services.AddSingleton<IPasswordHasher<string>, PasswordHasher<string>>();
        builder.Services.AddSingleton<PasswordRules>().AddSingleton<UserStore>();
        return builder;
    }

    public static WebApplicationBuilder AddDevices(this WebApplicationBuilder builder)
    {
        builder.Services.AddSettings<SignInLimitOptions>();
        builder.Services.AddSingleton<SignInLimits>();
        builder.Services.AddSingleton<DeviceStore>().AddSingleton<SessionEnding>().AddSingleton<RefreshLifetime>();
        return builder;
    }

    public static WebApplicationBuilder AddTokens(this WebApplicationBuilder builder)
    {
        builder.Services.AddSettings<AccessTokenOptions>();
        builder.Services.AddSingleton<TokenIssuer>().AddSingleton<SigningKeys>();
        builder.Services.AddHostedService(provider => provider.GetRequiredService<SigningKeys>());
        builder.AddImAuthentication(provider => [provider.GetRequiredService<SigningKeys>().Key]);
        return builder;
    }

    public static WebApplicationBuilder AddRelations(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<RelationsPublisher>().AddSingleton<RelationLog>().AddSingleton<RelationOutbox>();
        builder.Services.AddHostedService(provider => provider.GetRequiredService<RelationOutbox>());
        return builder;
    }

    public static WebApplicationBuilder AddContacts(this WebApplicationBuilder builder)
    {
        builder.Services.AddSettings<ContactOptions>();
        builder.Services.AddSingleton<BlockStore>().AddSingleton<ContactStore>().AddSingleton<ContactChanges>();
        builder.Services.AddSingleton<IRelationStore>(provider => provider.GetRequiredService<ContactStore>());
        return builder;
    }

    public static WebApplicationBuilder AddGroups(this WebApplicationBuilder builder)
    {
        builder.Services.AddSettings<GroupOptions>();
        builder.Services.AddSingleton<GroupStore>().AddSingleton<GroupChanges>();
        builder.Services.AddSingleton<IRelationStore>(provider => provider.GetRequiredService<GroupStore>());
        return builder;
    }
}
