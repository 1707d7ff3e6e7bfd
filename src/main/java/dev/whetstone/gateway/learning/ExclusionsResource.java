package dev.whetstone.gateway.learning;

import dev.whetstone.gateway.http.Fields;
import dev.whetstone.gateway.http.Paging;
import dev.whetstone.gateway.http.ProblemException;
import dev.whetstone.preference.VoteExclusions;
import dev.whetstone.preference.VoteExclusions.Kind;
import dev.whetstone.security.Role;
import dev.whetstone.settings.EnumNames;
import io.quarkus.security.identity.SecurityIdentity;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.annotation.security.RolesAllowed;
import jakarta.inject.Inject;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.DefaultValue;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.jspecify.annotations.Nullable;

/** Takes votes out of the pool and its parts, and back. */
@Path("/preferences/exclusions")
@RolesAllowed(Role.OPERATOR_ROLE)
@Produces(MediaType.APPLICATION_JSON)
public class ExclusionsResource {
  private static final int MAX_VALUE_LENGTH = 200;

  private final VoteExclusions exclusions;
  private final SecurityIdentity identity;

  @Inject
  ExclusionsResource(VoteExclusions exclusions, SecurityIdentity identity) {
    this.exclusions = exclusions;
    this.identity = identity;
  }

  /** The votes to take out or back: exactly one of id, key, user and tag; and why. */
  public record Request(
      @Schema(description = "preference_id of one vote") @Nullable String id,
      @Schema(description = "id of a key, all of whose votes are meant") @Nullable String key,
      @Schema(description = "name of a user, all of whose votes are meant") @Nullable String user,
      @Schema(description = "a tag of votes") @Nullable String tag,
      @Schema(required = true, maxLength = Fields.MAX_REASON_LENGTH) @Nullable String reason) {
    private Chosen chosen() {
      List<Chosen> given =
          Stream.of(
                  new Chosen(Kind.ID, id),
                  new Chosen(Kind.KEY, key),
                  new Chosen(Kind.USER, user),
                  new Chosen(Kind.TAG, tag))
              .filter(chosen -> chosen.value != null)
              .toList();
      if (given.size() != 1) {
        throw ProblemException.invalidField("id", "give exactly one of id, key, user and tag");
      }
      return given.getFirst();
    }
  }

  private record Chosen(Kind kind, @Nullable String value) {
    String text() {
      return Fields.requiredText(EnumNames.of(kind), value, MAX_VALUE_LENGTH);
    }
  }

  /** An exclusion: what kind of name its value is, and who excluded it why and when. */
  public record Row(
      String id, String kind, String value, String reason, String actor, Instant createdAt) {
    static Row of(VoteExclusions.Exclusion exclusion) {
      return new Row(
          exclusion.id(),
          EnumNames.of(exclusion.kind()),
          exclusion.value(),
          exclusion.reason(),
          exclusion.actor(),
          exclusion.createdAt());
    }
  }

  /** All exclusions, newest first; {@code next} is always null. */
  public record Page(List<Row> items, @Nullable String next) {}

  @GET
  @RunOnVirtualThread
  @Operation(summary = "Lists exclusions, newest first")
  public Page list(@QueryParam("limit") @DefaultValue("100") String limit) {
    return new Page(exclusions.list(Paging.limit(limit)).stream().map(Row::of).toList(), null);
  }

  @POST
  @Consumes(MediaType.APPLICATION_JSON)
  @RunOnVirtualThread
  @Operation(
      summary = "Takes votes out of the pool, those to come included",
      description = "One vote, or all of a key, of a user or with a tag. They stay in the log.")
  @APIResponse(
      responseCode = "201",
      description = "the exclusion",
      content = @Content(schema = @Schema(implementation = Row.class)))
  public Response exclude(Request request) {
    Chosen chosen = request.chosen();
    VoteExclusions.Exclusion added =
        exclusions.add(
            chosen.kind(),
            chosen.text(),
            Fields.requiredReason(request.reason()),
            identity.getPrincipal().getName());
    return Response.status(201).entity(Row.of(added)).build();
  }

  @DELETE
  @Consumes(MediaType.APPLICATION_JSON)
  @RunOnVirtualThread
  @Operation(summary = "Takes excluded votes back into the pool")
  @APIResponse(responseCode = "204", description = "they are back")
  public Response include(Request request) {
    Chosen chosen = request.chosen();
    if (!exclusions.remove(
        chosen.kind(),
        chosen.text(),
        Fields.requiredReason(request.reason()),
        identity.getPrincipal().getName())) {
      throw ProblemException.of(404, "unknown_exclusion", "no such votes are excluded");
    }
    return Response.noContent().build();
  }
}
