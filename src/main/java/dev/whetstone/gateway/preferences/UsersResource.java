package dev.whetstone.gateway.preferences;

import com.fasterxml.jackson.annotation.JsonRawValue;
import com.fasterxml.jackson.annotation.JsonValue;
import dev.whetstone.gateway.http.Fields;
import dev.whetstone.gateway.http.Paging;
import dev.whetstone.gateway.http.Parameters;
import dev.whetstone.preference.LearningConsent;
import dev.whetstone.preference.bulk.UserData;
import dev.whetstone.preference.bulk.UserErasure;
import dev.whetstone.security.Role;
import io.quarkus.security.identity.SecurityIdentity;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.annotation.security.RolesAllowed;
import jakarta.inject.Inject;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.PATCH;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.jspecify.annotations.Nullable;

/** Shows and erases the stored data of users, and says from whom nothing is learned. */
@Path("/users")
@RolesAllowed(Role.OPERATOR_ROLE)
@Produces(MediaType.APPLICATION_JSON)
public class UsersResource {
  // Texts may be long: fewer than other lists have.
  private static final int DEFAULT_LIMIT = 50;
  private static final int MAX_LIMIT = 200;
  private static final String KEY = "id of the key whose user it is; without it, of every key";

  private final UserErasure erasure;
  private final UserData data;
  private final LearningConsent consent;
  private final SecurityIdentity identity;

  @Inject
  UsersResource(
      UserErasure erasure, UserData data, LearningConsent consent, SecurityIdentity identity) {
    this.erasure = erasure;
    this.data = data;
    this.consent = consent;
    this.identity = identity;
  }

  /** A user; {@code key} is the id of the key whose user it is, null for every key. */
  public record Request(
      @Schema(required = true, maxLength = 200) @Nullable String user, @Nullable String key) {}

  /** Whether anything is learned from a user. */
  public record Consent(
      @Schema(required = true, maxLength = 200) @Nullable String user,
      @Schema(description = KEY) @Nullable String key,
      @Schema(required = true, description = "false: nothing is learned from this user")
          @Nullable Boolean learn,
      @Schema(required = true, maxLength = Fields.MAX_REASON_LENGTH) @Nullable String reason) {}

  /** A pair, a vote, a pair given back or a single answer, as {@code type} says. */
  public record Item(@Schema(implementation = Map.class) @JsonRawValue @JsonValue String json) {}

  /** A page; {@code next} is the cursor of the following page, or null. */
  public record Page(List<Item> items, @Nullable String next) {}

  @GET
  @Path("{user}/data")
  @RunOnVirtualThread
  @Operation(summary = "Returns what is stored of a user: prompts, answers, votes, ratings, skips")
  public Page read(
      @PathParam("user") String user,
      @QueryParam("key") @Parameter(description = KEY) @Nullable String key,
      @QueryParam("cursor") @Parameter(description = "value of next in the page before")
          @Nullable String cursor,
      @QueryParam("limit") @Parameter(description = "1 to 200 items, 50 by default")
          @Nullable String limit) {
    return page(user, key, cursor, limit);
  }

  @GET
  @Path("data")
  @RunOnVirtualThread
  @Operation(
      summary = "Returns what is stored of a user; the name is a parameter",
      description = "For names that a path cannot hold, such as a dot.")
  public Page readNamed(
      @QueryParam("user") @Nullable String user,
      @QueryParam("key") @Parameter(description = KEY) @Nullable String key,
      @QueryParam("cursor") @Parameter(description = "value of next in the page before")
          @Nullable String cursor,
      @QueryParam("limit") @Parameter(description = "1 to 200 items, 50 by default")
          @Nullable String limit) {
    return page(Fields.present("user", user), key, cursor, limit);
  }

  private Page page(
      String user, @Nullable String key, @Nullable String cursor, @Nullable String limit) {
    String name = Parameters.required("user", user);
    String keyId = Parameters.text("key", key);
    UserData.Cursor after = cursor == null ? UserData.Cursor.START : cursor(cursor);
    var page =
        Paging.read(
            Parameters.number("limit", limit, DEFAULT_LIMIT, 1, MAX_LIMIT),
            size -> data.page(name, keyId, after, size),
            item -> item.cursor().kind() + "." + item.cursor().place());
    return new Page(page.rows().stream().map(item -> new Item(item.json())).toList(), page.next());
  }

  private static UserData.Cursor cursor(String text) {
    String cursor = Parameters.required("cursor", text);
    if (!cursor.matches("[1-4]\\..{1,190}")) {
      throw Parameters.invalid("cursor", "must be the value of next in the page before");
    }
    return new UserData.Cursor(cursor.charAt(0) - '0', cursor.substring(2));
  }

  @PATCH
  @Consumes(MediaType.APPLICATION_JSON)
  @RunOnVirtualThread
  @Operation(
      summary = "Says whether anything is learned from a user",
      description =
          "With learn false, the user is answered, but the pairs are offered to nobody and neither"
              + " they nor the user's votes are trained on or counted, earlier ones included.")
  public Consent change(Consent change) {
    String user = Parameters.required("user", Fields.present("user", change.user()));
    String key = Parameters.text("key", change.key());
    boolean learn = Fields.present("learn", change.learn());
    String reason = Fields.requiredReason(change.reason());
    consent.setUser(user, key, learn, reason, actor());
    return new Consent(user, key, learn, reason);
  }

  @DELETE
  @Path("{user}/data")
  @RunOnVirtualThread
  @Operation(
      summary = "Erases a user's prompts, completions and votes; lists versions trained on them")
  public UserErasure.Report erase(
      @PathParam("user") String user,
      @QueryParam("key") @Parameter(description = KEY) @Nullable String key) {
    return erasure.erase(Parameters.required("user", user), Parameters.text("key", key), actor());
  }

  @DELETE
  @Path("data")
  @Consumes(MediaType.APPLICATION_JSON)
  @RunOnVirtualThread
  @Operation(
      summary = "Erases a user's data; the name is in the body",
      description = "For names that a path cannot hold, such as a dot.")
  public UserErasure.Report erase(Request request) {
    return erasure.erase(
        Parameters.required("user", Fields.present("user", request.user())),
        Parameters.text("key", request.key()),
        actor());
  }

  private String actor() {
    return identity.getPrincipal().getName();
  }
}
