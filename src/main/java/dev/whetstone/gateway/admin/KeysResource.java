package dev.whetstone.gateway.admin;

import dev.whetstone.gateway.http.Fields;
import dev.whetstone.gateway.http.Paging;
import dev.whetstone.gateway.http.Parameters;
import dev.whetstone.gateway.http.ProblemException;
import dev.whetstone.security.KeyStore;
import dev.whetstone.security.KeyUsers;
import dev.whetstone.security.Role;
import io.quarkus.security.identity.SecurityIdentity;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.annotation.security.RolesAllowed;
import jakarta.inject.Inject;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.DefaultValue;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.PATCH;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.time.Instant;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.jspecify.annotations.Nullable;

/** Creates, lists and revokes API keys, and says whose votes count and who is learned from. */
@Path("/keys")
@RolesAllowed(Role.OPERATOR_ROLE)
@Produces(MediaType.APPLICATION_JSON)
public class KeysResource {
  private static final int MAX_NOTE_LENGTH = 200;

  private final KeyStore store;
  private final KeyService keys;
  private final SecurityIdentity identity;

  @Inject
  KeysResource(KeyStore store, KeyService keys, SecurityIdentity identity) {
    this.store = store;
    this.keys = keys;
    this.identity = identity;
  }

  /** A key to create. */
  public record Request(
      @Schema(
              required = true,
              type = SchemaType.STRING,
              enumeration = {"chat", "rater", "operator", "trainer"})
          @Nullable String role,
      @Schema(
              type = SchemaType.STRING,
              enumeration = {"personal", "application"},
              defaultValue = "personal",
              description =
                  "personal: the key is the one user; application: the users that it names are"
                      + " believed")
          @Nullable String users,
      @Schema(maxLength = MAX_NOTE_LENGTH) @Nullable String note) {
    private Role parsedRole() {
      return Fields.constant("role", role, Role.values());
    }

    // A key that names nobody in particular is one person; believing names must be asked for.
    private KeyUsers parsedUsers() {
      return users == null ? KeyUsers.PERSONAL : Fields.constant("users", users, KeyUsers.values());
    }
  }

  /** What to change of a key: either, or both. */
  public record Change(
      @Schema(description = "whether its votes are trained on and counted as evidence")
          @Nullable Boolean counted,
      @Schema(
              description =
                  "false: nothing is learned from its users, whose pairs are offered to nobody")
          @Nullable Boolean learn,
      @Schema(required = true, maxLength = Fields.MAX_REASON_LENGTH) @Nullable String reason) {}

  /** A new key; {@code key}, the secret, is never shown again. */
  public record Created(String id, String role, String users, String key, @Nullable String note) {
    private static Created of(KeyStore.Created created, @Nullable String note) {
      return new Created(
          created.key().id(),
          created.key().role().label(),
          created.key().users().label(),
          created.secret(),
          note);
    }
  }

  /** A key without its secret. */
  public record Row(
      String id,
      String role,
      String users,
      boolean counted,
      boolean learn,
      @Nullable String note,
      Instant createdAt,
      @Nullable Instant lastUsedAt,
      @Nullable Instant revokedAt) {}

  /** A page, ordered by id; {@code next} is the cursor of the following page, or null. */
  public record Page(List<Row> items, @Nullable String next) {}

  @GET
  @RunOnVirtualThread
  @Operation(summary = "Lists keys by id, including revoked ones")
  public Page list(
      @QueryParam("limit") @DefaultValue("100") String limit,
      @QueryParam("cursor") @Nullable String cursor) {
    String after = Paging.after(cursor);
    var page = Paging.read(Paging.limit(limit), size -> store.page(after, size), KeyStore.Row::id);
    return new Page(page.rows().stream().map(KeysResource::row).toList(), page.next());
  }

  @POST
  @Consumes(MediaType.APPLICATION_JSON)
  @RunOnVirtualThread
  @Operation(summary = "Creates a key; its secret is shown only in this response")
  @APIResponse(
      responseCode = "201",
      description = "The key becomes valid on every gateway within seconds",
      content = @Content(schema = @Schema(implementation = Created.class)))
  public Response create(Request request) {
    String note = Fields.text("note", request.note(), MAX_NOTE_LENGTH);
    KeyStore.Created created =
        keys.create(request.parsedRole(), request.parsedUsers(), note, actor());
    return Response.status(201).entity(Created.of(created, note)).build();
  }

  @PATCH
  @Path("{id}")
  @Consumes(MediaType.APPLICATION_JSON)
  @RunOnVirtualThread
  @Operation(
      summary =
          "Takes the votes of a key out of training and of the open duel, or back; or says whether"
              + " anything is learned from its users",
      description = "Votes stay in the log, and so does what they decided before.")
  @APIResponse(
      responseCode = "200",
      description = "the key",
      content = @Content(schema = @Schema(implementation = Row.class)))
  public Row change(@PathParam("id") String id, Change change) {
    String key = Parameters.required("id", id);
    if (change.counted() == null && change.learn() == null) {
      throw ProblemException.invalidField("counted", "give counted, learn or both");
    }
    String reason = Fields.requiredReason(change.reason());
    return row(keys.change(key, change.counted(), change.learn(), reason, actor()));
  }

  @DELETE
  @Path("{id}")
  @RunOnVirtualThread
  @Operation(summary = "Revokes a key on every gateway within seconds")
  @APIResponse(responseCode = "204", description = "The key is revoked")
  public Response revoke(@PathParam("id") String id) {
    keys.revoke(Parameters.required("id", id), actor());
    return Response.noContent().build();
  }

  private String actor() {
    return identity.getPrincipal().getName();
  }

  private static Row row(KeyStore.Row key) {
    return new Row(
        key.id(),
        key.role().label(),
        key.users().label(),
        key.counted(),
        key.learn(),
        key.note(),
        key.createdAt(),
        key.lastUsedAt(),
        key.revokedAt());
  }
}
