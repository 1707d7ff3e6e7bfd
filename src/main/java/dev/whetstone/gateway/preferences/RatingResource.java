package dev.whetstone.gateway.preferences;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.whetstone.gateway.http.Fields;
import dev.whetstone.gateway.http.Parameters;
import dev.whetstone.gateway.http.ProblemException;
import dev.whetstone.gateway.http.RequestUser;
import dev.whetstone.gateway.http.UserNameValidator;
import dev.whetstone.preference.ConversationJson;
import dev.whetstone.preference.PreferenceConfig;
import dev.whetstone.preference.rating.PreferenceSummary;
import dev.whetstone.preference.rating.RaterQueue;
import dev.whetstone.preference.rating.RatingDesk;
import dev.whetstone.security.Role;
import dev.whetstone.text.Message;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.annotation.security.RolesAllowed;
import jakarta.inject.Inject;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HEAD;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
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

/** Leases pairs to raters and summarises their votes. */
@Path("/preferences")
@RolesAllowed(Role.RATER_ROLE)
@Produces(MediaType.APPLICATION_JSON)
public class RatingResource {
  private static final int MAX_LEASE_SECONDS = 86_400;

  private final RaterQueue queue;
  private final RatingDesk desk;
  private final SummaryService summaries;
  private final PreferenceConfig config;
  private final RequestUser users;

  @Inject
  RatingResource(
      RaterQueue queue,
      RatingDesk desk,
      SummaryService summaries,
      PreferenceConfig config,
      RequestUser users) {
    this.queue = queue;
    this.desk = desk;
    this.summaries = summaries;
    this.config = config;
    this.users = users;
  }

  /** A pair to vote on; it hides which version wrote which side, and for which user. */
  @Schema(name = "PairToRate")
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Task(
      @Schema(required = true) String pairId,
      @Schema(required = true, description = "until then this rater's vote is accepted")
          Instant leasedUntil,
      @Schema(required = true) String prompt,
      @Nullable List<Message> messages,
      @Schema(required = true) PreferenceViews.Answer a,
      @Schema(required = true) PreferenceViews.Answer b) {}

  @GET
  @Path("next")
  @RunOnVirtualThread
  @Operation(
      summary = "Leases a pair to a rater, who votes on it with POST /preferences",
      description =
          "The oldest pair that is open for votes and whose votes and active leases are fewer than"
              + " overlap. If user is given here, the vote must give the same user.")
  @APIResponse(
      responseCode = "200",
      description = "a pair, leased to this key and user",
      content = @Content(schema = @Schema(implementation = Task.class)))
  @APIResponse(responseCode = "204", description = "no pair is available for this rater")
  public Response next(
      @QueryParam("user")
          @Parameter(
              description = "the rater; the key's id by default",
              schema = @Schema(type = SchemaType.STRING, minLength = 1, maxLength = 200))
          @Nullable String user,
      @QueryParam("overlap")
          @Parameter(
              description = "number of votes wanted on each pair, existing ones included",
              schema =
                  @Schema(
                      type = SchemaType.INTEGER,
                      minimum = "1",
                      maximum = "10",
                      defaultValue = "1"))
          @Nullable String overlap,
      @QueryParam("lease_seconds")
          @Parameter(schema = @Schema(type = SchemaType.INTEGER, minimum = "1", maximum = "86400"))
          @Nullable String leaseSeconds,
      @QueryParam("tag")
          @Parameter(
              description =
                  "only pairs with this tag, in their metadata's tags or of a vote on them",
              schema = @Schema(type = SchemaType.STRING, minLength = 1, maxLength = 200))
          @Nullable String tag) {
    RaterQueue.Rater rater =
        RaterQueue.Rater.of(users.key(), users.of(Parameters.text("user", user)));
    int defaultSeconds = (int) config.lease().toSeconds();
    int seconds =
        Parameters.number("lease_seconds", leaseSeconds, defaultSeconds, 1, MAX_LEASE_SECONDS);
    int wanted = Parameters.number("overlap", overlap, 1, 1, RaterQueue.MAX_OVERLAP);
    return queue
        .leaseNext(rater, wanted, Duration.ofSeconds(seconds), Parameters.text("tag", tag))
        .map(leased -> Response.ok(task(leased)).build())
        .orElseGet(() -> Response.noContent().build());
  }

  /** Leases nothing: whoever looks at a link before a person does asks like this. */
  @HEAD
  @Path("next")
  @Operation(hidden = true)
  public Response look() {
    return Response.noContent().build();
  }

  private static Task task(RaterQueue.LeasedPair leased) {
    return new Task(
        leased.pairId(),
        leased.leasedUntil(),
        leased.prompt(),
        ConversationJson.read(leased.messages()),
        PreferenceViews.Answer.of(leased.a()),
        PreferenceViews.Answer.of(leased.b()));
  }

  /** Why a rater gives a pair back. */
  public record Skip(
      @Schema(required = true, maxLength = Fields.MAX_REASON_LENGTH) @Nullable String reason,
      @Schema(maxLength = UserNameValidator.MAX_LENGTH) @Nullable String user) {}

  @POST
  @Path("next/{pair}/skip")
  @Consumes(MediaType.APPLICATION_JSON)
  @RunOnVirtualThread
  @Operation(
      summary = "Gives a leased pair back without a vote",
      description = "It goes to other raters, and not to this one again.")
  @APIResponse(responseCode = "204", description = "it is given back")
  @APIResponse(responseCode = "404", description = "this rater has no lease on the pair")
  public Response skip(@PathParam("pair") String pair, Skip skip) {
    RaterQueue.Rater rater = RaterQueue.Rater.of(users.key(), users.of(skip.user()));
    String reason = Fields.requiredReason(skip.reason());
    if (!desk.skip(Parameters.required("pair", pair), rater, reason)) {
      throw ProblemException.of(404, "unknown_lease", "this rater has no lease on such a pair");
    }
    return Response.noContent().build();
  }

  @GET
  @Path("summary")
  @RunOnVirtualThread
  @Operation(
      summary = "Summarises raters' votes and agreement and versions' Bradley-Terry strengths",
      description =
          "Ties enter by Davidson's model (1970). Strengths ignore both_bad and pairs of a version"
              + " with itself. Imported votes are left out. The time span does not bound the win"
              + " rates over v0.")
  public PreferenceSummary summary(
      @QueryParam("from")
          @Parameter(schema = @Schema(type = SchemaType.STRING, format = "date-time"))
          @Nullable String from,
      @QueryParam("to") @Parameter(schema = @Schema(type = SchemaType.STRING, format = "date-time"))
          @Nullable String to) {
    return summaries.read(Parameters.time("from", from), Parameters.time("to", to));
  }
}
