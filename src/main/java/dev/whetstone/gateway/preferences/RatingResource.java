package dev.whetstone.gateway.preferences;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.whetstone.gateway.http.Parameters;
import dev.whetstone.preference.ConversationJson;
import dev.whetstone.preference.PreferenceConfig;
import dev.whetstone.preference.rating.PreferenceSummary;
import dev.whetstone.preference.rating.RaterQueue;
import dev.whetstone.preference.rating.SummaryReader;
import dev.whetstone.security.Role;
import dev.whetstone.text.Message;
import io.quarkus.security.identity.SecurityIdentity;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.annotation.security.RolesAllowed;
import jakarta.inject.Inject;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.jspecify.annotations.Nullable;

/** Pairs for raters, and what their votes add up to. */
@Path("/preferences")
@RolesAllowed(Role.RATER_ROLE)
@Produces(MediaType.APPLICATION_JSON)
public class RatingResource {
  private static final int LONGEST_LEASE = 86_400;

  @Inject RaterQueue queue;
  @Inject SummaryReader summaries;
  @Inject PreferenceConfig config;
  @Inject SecurityIdentity identity;

  /** A pair to judge; nothing in it tells who wrote which side, or for whom. */
  @Schema(name = "PairToRate")
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Task(
      @Schema(required = true) String pairId,
      @Schema(required = true, description = "until then the vote is this rater's")
          Instant leasedUntil,
      @Schema(required = true) String prompt,
      @Nullable List<Message> messages,
      @Schema(required = true) PreferenceViews.Answer a,
      @Schema(required = true) PreferenceViews.Answer b) {}

  @GET
  @Path("next")
  @RunOnVirtualThread
  @Operation(
      summary = "Hands a pair to a rater, to be voted on by POST /preferences",
      description =
          "The oldest pair that still can be voted on and has fewer votes and running leases than"
              + " judgements are wanted. The vote must name the same user, if one is named here.")
  @APIResponse(
      responseCode = "200",
      description = "a pair, leased to the key and user",
      content = @Content(schema = @Schema(implementation = Task.class)))
  @APIResponse(responseCode = "204", description = "no pair waits for this rater")
  public Response next(
      @QueryParam("user")
          @Parameter(
              description = "who rates; the key's id by default",
              schema = @Schema(type = SchemaType.STRING, minLength = 1, maxLength = 200))
          @Nullable String user,
      @QueryParam("overlap")
          @Parameter(
              description = "judgements wanted of each pair, its votes included",
              schema =
                  @Schema(
                      type = SchemaType.INTEGER,
                      minimum = "1",
                      maximum = "10",
                      defaultValue = "1"))
          @Nullable String overlap,
      @QueryParam("lease_seconds")
          @Parameter(schema = @Schema(type = SchemaType.INTEGER, minimum = "1", maximum = "86400"))
          @Nullable String leaseSeconds) {
    String key = identity.getPrincipal().getName();
    String named = Parameters.text("user", user);
    int usual = (int) config.lease().toSeconds();
    int seconds = Parameters.number("lease_seconds", leaseSeconds, usual, 1, LONGEST_LEASE);
    int wanted = Parameters.number("overlap", overlap, 1, 1, RaterQueue.MOST_OVERLAP);
    return queue
        .next(
            new RaterQueue.Rater(key, named == null ? key : named),
            wanted,
            Duration.ofSeconds(seconds))
        .map(handed -> Response.ok(task(handed)).build())
        .orElseGet(() -> Response.noContent().build());
  }

  private static Task task(RaterQueue.Handed handed) {
    return new Task(
        handed.pairId(),
        handed.leasedUntil(),
        handed.prompt(),
        ConversationJson.read(handed.messages()),
        PreferenceViews.Answer.of(handed.a()),
        PreferenceViews.Answer.of(handed.b()));
  }

  @GET
  @Path("summary")
  @RunOnVirtualThread
  @Operation(
      summary = "Raters' counts and agreement, versions' Bradley-Terry strengths",
      description =
          "Ties enter Davidson's model of 1970; both_bad and pairs of one version with itself say"
              + " nothing of strength. Imported votes are left out.")
  public PreferenceSummary summary(
      @QueryParam("from")
          @Parameter(schema = @Schema(type = SchemaType.STRING, format = "date-time"))
          @Nullable String from,
      @QueryParam("to") @Parameter(schema = @Schema(type = SchemaType.STRING, format = "date-time"))
          @Nullable String to) {
    return summaries.read(Parameters.time("from", from), Parameters.time("to", to));
  }
}
