package dev.whetstone.gateway.preferences;

import dev.whetstone.gateway.http.Fields;
import dev.whetstone.gateway.http.Paging;
import dev.whetstone.gateway.http.Parameters;
import dev.whetstone.gateway.http.ProblemException;
import dev.whetstone.preference.Choice;
import dev.whetstone.preference.rating.GoldPairs;
import dev.whetstone.security.Role;
import io.quarkus.security.identity.SecurityIdentity;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.annotation.security.RolesAllowed;
import jakarta.inject.Inject;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.DefaultValue;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.PUT;
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
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.jspecify.annotations.Nullable;

/** Marks pairs whose right choice is known, which shows how often raters are right. */
@Path("/preferences/gold")
@RolesAllowed(Role.OPERATOR_ROLE)
@Produces(MediaType.APPLICATION_JSON)
public class GoldPairsResource {
  private final GoldPairs gold;
  private final SecurityIdentity identity;

  @Inject
  GoldPairsResource(GoldPairs gold, SecurityIdentity identity) {
    this.gold = gold;
    this.identity = identity;
  }

  /** The right choice of a pair, and how it is known. */
  public record Mark(
      @Schema(
              required = true,
              type = SchemaType.STRING,
              enumeration = {"a", "b", "tie", "both_bad"})
          @Nullable String choice,
      @Schema(required = true, maxLength = Fields.MAX_REASON_LENGTH) @Nullable String reason) {}

  /** A marked pair. */
  public record Row(String pairId, String choice, String reason, String actor, Instant markedAt) {}

  /** A page, ordered by pair id; {@code next} is the cursor of the following page, or null. */
  public record Page(List<Row> items, @Nullable String next) {}

  @GET
  @RunOnVirtualThread
  @Operation(summary = "Lists gold pairs by id")
  public Page list(
      @QueryParam("limit") @DefaultValue("100") String limit,
      @QueryParam("cursor") @Nullable String cursor) {
    String after = Paging.after(cursor);
    var page =
        Paging.read(
            Paging.limit(limit), size -> gold.page(after, size), GoldPairs.GoldPair::pairId);
    return new Page(page.rows().stream().map(GoldPairsResource::row).toList(), page.next());
  }

  private static Row row(GoldPairs.GoldPair pair) {
    return new Row(
        pair.pairId(), pair.choice().label(), pair.reason(), pair.actor(), pair.markedAt());
  }

  @PUT
  @Path("{pair}")
  @Consumes(MediaType.APPLICATION_JSON)
  @RunOnVirtualThread
  @Operation(
      summary = "Marks a pair as gold, or changes its right choice",
      description =
          "Raters cannot tell it from others. The summary shows how often each is right on such"
              + " pairs; votes on them are used like any other.")
  @APIResponse(responseCode = "204", description = "it is marked")
  @APIResponse(responseCode = "404", description = "there is no such pair")
  @APIResponse(responseCode = "409", description = "too many pairs are marked")
  public Response mark(@PathParam("pair") String pair, Mark mark) {
    String reason = Fields.requiredReason(mark.reason());
    Choice choice = Fields.checked(() -> Choice.of(Fields.present("choice", mark.choice())));
    return switch (gold.mark(Parameters.required("pair", pair), choice, reason, actor())) {
      case MARKED -> Response.noContent().build();
      case UNKNOWN -> throw ProblemException.of(404, "unknown_pair", "there is no such pair");
      case TOO_MANY ->
          throw ProblemException.of(
              409,
              "too_many_gold_pairs",
              "there are " + GoldPairs.MAX_PAIRS + " gold pairs, the most that can be marked");
    };
  }

  @DELETE
  @Path("{pair}")
  @RunOnVirtualThread
  @Operation(summary = "Removes the mark of a gold pair")
  @APIResponse(responseCode = "204", description = "it is a pair like any other")
  @APIResponse(responseCode = "404", description = "it is not marked")
  public Response unmark(@PathParam("pair") String pair) {
    if (!gold.unmark(Parameters.required("pair", pair), actor())) {
      throw ProblemException.of(404, "unknown_pair", "there is no such gold pair");
    }
    return Response.noContent().build();
  }

  private String actor() {
    return identity.getPrincipal().getName();
  }
}
