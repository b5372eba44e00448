using ImDapr.Contracts;
using ImDapr.MessageService.Conversations;
using ImDapr.MessageService.Entities;
using ImDapr.MessageService.Entities.Sql;
using ImDapr.MessageService.Entities.State;
using ImDapr.MessageService.FanOut;
using ImDapr.MessageService.Inbox;
using ImDapr.MessageService.Notifications;
using ImDapr.MessageService.Receipts;
using ImDapr.MessageService.Sending;
using ImDapr.MessageService.Timeline;
using ImDapr.ServiceDefaults.Actors;
using ImDapr.ServiceDefaults.Health;
using ImDapr.ServiceDefaults.Settings;
using ImDapr.ServiceDefaults.Versions;
using Microsoft.Extensions.Options;

namespace ImDapr.MessageService;

/// <summary>Wiring of each feature.</summary>
public static class MessageServiceExtensions
{
    public static WebApplicationBuilder AddSending(this WebApplicationBuilder builder)
    {
        builder.Services.AddSettings<MessageLimits>();
        builder.Services.AddSettings<MessageWriterOptions>();
        builder.Services.AddSettings<ContactOptions>();
        builder.Services.AddSingleton<SendGate>().AddSingleton<DirectGate>().AddSingleton<ReferenceGate>();
        builder.Services.AddSingleton<ServerMessages>().AddSingleton<Recalls>().AddSingleton<MessageAmender>();
        AddBackground<MessagePublisher>(builder.Services);
        AddBackground<MessageWriter>(builder.Services);
        return builder;
    }

    public static WebApplicationBuilder AddEntities(this WebApplicationBuilder builder)
    {
        builder.Services.AddSettings<StorageOptions>();
        builder.Services.AddSingleton<SqlMessageTable>().AddSingleton<ConversationHeads>().AddSingleton<SqlSequencer>().AddSingleton<SqlMessageStore>();
        builder.Services.AddSingleton<StateClient>().AddSingleton<StateHeads>().AddSingleton<StatePages>().AddSingleton<StateEntities>()
            .AddSingleton<StateSequencer>().AddSingleton<StateMessageStore>();
        builder.Services.AddSingleton<IMessageStore>(provider => provider.GetRequiredService<IOptions<StorageOptions>>().Value.Model == StorageOptions.Redis
            ? provider.GetRequiredService<StateMessageStore>()
            : provider.GetRequiredService<SqlMessageStore>());
        return builder;
    }

    public static WebApplicationBuilder AddConversations(this WebApplicationBuilder builder)
    {
        builder.Services
            .AddSingleton<DirectoryCache>()
            .AddSingleton(provider => new UserDirectory(
                InternalCalls.ClientOf(DaprNames.UserService, provider), provider.GetRequiredService<DirectoryCache>()))
            .AddSingleton<MemberStore>()
            .AddSingleton<GroupReconciler>()
            .AddSingleton<MemberDirectory>()
            .AddSingleton<RelationsHandler>()
            .AddSingleton<SystemNotices>()
            .AddSingleton<ContactNotices>()
            .AddSingleton<ConversationSettings>()
            .AddSingleton<Typing>()
            .AddSingleton<ConversationList>();
        builder.Services.AddSettings<TypingOptions>();
        return builder;
    }

    public static WebApplicationBuilder AddInbox(this WebApplicationBuilder builder)
    {
        builder.Services.AddSettings<InboxOptions>();
        builder.Services.AddSettings<SessionsOptions>();
        builder.Services.AddSingleton<InboxFiller>().AddSingleton<InboxPages>().AddSingleton<InboxOverflow>().AddSingleton<UserInboxes>().AddSingleton<StateLife>().AddSingleton<InboxMemory>().AddSingleton<InboxWriter>();
        builder.Services.AddSingleton<InboxWaiters>().AddSingleton<InboxPoll>();
        builder.Services.AddActors(actors =>
        {
            actors.Actors.RegisterActor<UserActor>();
            actors.HttpEndpoint = DaprEndpoint.Http(builder.Configuration);
            actors.JsonSerializerOptions = ContractsJson.Wire;
            actors.UseJsonSerialization = true;
            // Long enough for a conversation, short enough that memory follows who is active.
            actors.ActorIdleTimeout = TimeSpan.FromMinutes(10);
            actors.DrainOngoingCallTimeout = TimeSpan.FromSeconds(10);
            actors.DrainRebalancedActors = true;
        });
        builder.Services.AddUserActorClient().AddStateStoreReadiness();
        return builder;
    }

    public static WebApplicationBuilder AddTimeline(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<TimelineReader>();
        return builder;
    }

    public static WebApplicationBuilder AddFanOut(this WebApplicationBuilder builder)
    {
        builder.Services.AddSettings<FanOutOptions>();
        builder.Services.AddSingleton<DeliveryPublisher>().AddSingleton<FanOutHandler>();
        return builder;
    }

    public static WebApplicationBuilder AddReceipts(this WebApplicationBuilder builder)
    {
        builder.Services.AddSettings<ReceiptsOptions>();
        builder.Services.AddSingleton<ReceiptStore>().AddSingleton<ReceiptAudience>().AddSingleton<ReadMarks>().AddSingleton<ReceiptReader>();
        AddBackground<DeliveredMarks>(builder.Services);
        return builder;
    }

    public static WebApplicationBuilder AddNotifications(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<NotificationHandler>().AddSingleton<DeadNotifications>();
        return builder;
    }

    private static void AddBackground<T>(IServiceCollection services) where T : BackgroundService =>
        services.AddSingleton<T>().AddHostedService(provider => provider.GetRequiredService<T>());
}
