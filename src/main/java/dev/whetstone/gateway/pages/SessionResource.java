package dev.whetstone.gateway.pages;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.whetstone.gateway.http.Fields;
import dev.whetstone.gateway.http.ProblemException;
import dev.whetstone.preference.PreferenceConfig;
import dev.whetstone.security.ApiKey;
import dev.whetstone.security.ApiKeys;
import dev.whetstone.security.Session;
import dev.whetstone.security.SessionCache;
import dev.whetstone.security.SessionMechanism;
import dev.whetstone.settings.BuildInfo;
import io.smallrye.common.annotation.RunOnVirtualThread;
import io.vertx.core.http.HttpServerRequest;
import jakarta.annotation.security.PermitAll;
import jakarta.inject.Inject;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** The browser's own session: who is signed in, sign-in by a key, sign-out. */
@Path("/session")
@PermitAll
@Produces(MediaType.APPLICATION_JSON)
public class SessionResource {
  private final SessionCache sessions;
  private final SessionMechanism mechanism;
  private final SessionCookies cookies;
  private final ApiKeys keys;
  private final PagesConfig config;
  private final OidcConfig oidc;
  private final PreferenceConfig preferences;
  private final Optional<String> model;

  @Inject
  SessionResource(
      SessionCache sessions,
      SessionMechanism mechanism,
      SessionCookies cookies,
      ApiKeys keys,
      PagesConfig config,
      OidcConfig oidc,
      PreferenceConfig preferences,
      @ConfigProperty(name = "WHETSTONE_MODEL") Optional<String> model) {
    this.sessions = sessions;
    this.mechanism = mechanism;
    this.cookies = cookies;
    this.keys = keys;
    this.config = config;
    this.oidc = oidc;
    this.preferences = preferences;
    this.model = model;
  }

  /** A key to sign in with. */
  public record Request(@Schema(required = true) @Nullable String key) {}

  /**
   * Who is signed in.
   *
   * @param signedIn false when nobody is; then only the version and the provider are there
   * @param provider what to call the OpenID Connect provider that signs in; null without one
   * @param key id of the key that the session belongs to
   * @param roles what it may do
   * @param pairShare share of messages that the chat page answers twice
   * @param undoSeconds how long a vote can be taken back
   * @param model the model that the gateway was told to serve; null for the default one
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record View(
      boolean signedIn,
      String whetstoneVersion,
      @Nullable String provider,
      @Nullable String id,
      @Nullable String key,
      @Nullable Set<String> roles,
      @Nullable Instant expiresAt,
      @Nullable Double pairShare,
      @Nullable Long undoSeconds,
      @Nullable String model) {}

  @GET
  @RunOnVirtualThread
  @Operation(summary = "Tells who is signed in with this browser")
  public View get(@Context HttpServerRequest http) {
    return mechanism
        .session(http)
        .map(this::view)
        .orElse(
            new View(
                false, BuildInfo.version(), provider(), null, null, null, null, null, null, null));
  }

  private @Nullable String provider() {
    return oidc.enabled() ? oidc.label() : null;
  }

  private View view(Session session) {
    return new View(
        true,
        BuildInfo.version(),
        provider(),
        session.id(),
        session.key().id(),
        new TreeSet<>(session.key().role().grants()),
        session.expiresAt(),
        config.pairShare(),
        preferences.undoWindow().toSeconds(),
        model.orElse(null));
  }

  @POST
  @Consumes(MediaType.APPLICATION_JSON)
  @RunOnVirtualThread
  @Operation(summary = "Signs this browser in with a key; the answer sets a cookie")
  public Response signIn(
      Request request,
      @HeaderParam("User-Agent") @Nullable String client,
      @Context HttpServerRequest http) {
    String secret = Fields.present("key", request.key()).strip();
    ApiKey key =
        keys.authenticate(secret)
            .orElseThrow(
                () ->
                    ProblemException.of(
                        403, "unknown_key", "no valid key has this text; keys begin with wsk_"));
    // a first start's keys may not be in the database yet
    keys.refresh();
    Session.Opened opened =
        sessions.open(
            key, Session.Origin.KEY, client == null ? "unknown" : client, config.session());
    return Response.ok(view(opened.session())).cookie(cookies.of(opened, http)).build();
  }

  @DELETE
  @RunOnVirtualThread
  @Operation(summary = "Signs this browser out")
  public Response signOut(@Context HttpServerRequest http) {
    mechanism.session(http).ifPresent(session -> sessions.revoke(session.id(), session.key().id()));
    return Response.noContent().cookie(cookies.none(http)).build();
  }
}
