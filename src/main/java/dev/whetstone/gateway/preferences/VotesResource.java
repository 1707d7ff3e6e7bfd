package dev.whetstone.gateway.preferences;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.whetstone.gateway.http.Fields;
import dev.whetstone.gateway.http.Parameters;
import dev.whetstone.gateway.http.ProblemException;
import dev.whetstone.gateway.http.RequestUser;
import dev.whetstone.gateway.http.UserNameValidator;
import dev.whetstone.preference.Choice;
import dev.whetstone.preference.Unusable;
import dev.whetstone.preference.VoteOutcome;
import dev.whetstone.preference.VoteRequest;
import dev.whetstone.preference.VoteSource;
import dev.whetstone.security.RandomIds;
import dev.whetstone.security.Role;
import io.quarkus.security.identity.SecurityIdentity;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.annotation.security.RolesAllowed;
import jakarta.inject.Inject;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DELETE;
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
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.jspecify.annotations.Nullable;

/** Records votes on pairs. */
@Path("/preferences")
@Produces(MediaType.APPLICATION_JSON)
public class VotesResource {
  private final VoteService votes;
  private final RequestUser users;
  private final SecurityIdentity identity;

  @Inject
  VotesResource(VoteService votes, RequestUser users, SecurityIdentity identity) {
    this.votes = votes;
    this.users = users;
    this.identity = identity;
  }

  /** A vote; user defaults to the pair's user. */
  public record Request(
      @Schema(required = true, maxLength = 200) @Nullable String pairId,
      @Schema(
              required = true,
              type = SchemaType.STRING,
              enumeration = {"a", "b", "tie", "both_bad"})
          @Nullable String choice,
      @Schema(maxLength = UserNameValidator.MAX_LENGTH) @Nullable String user,
      @Schema(maxLength = VoteRequest.MAX_COMMENT_LENGTH) @Nullable String comment,
      @Schema(maxItems = VoteRequest.MAX_TAGS) @Nullable List<String> tags,
      @Schema(minimum = "0", maximum = "1") @Nullable Double confidence,
      @Schema(
              type = SchemaType.STRING,
              enumeration = {"human", "judge", "rule"},
              defaultValue = "human",
              description = "who judged; votes of judges and rules are no evidence in duels")
          @Nullable String source) {
    private VoteRequest parse(String keyId, @Nullable String believed) {
      // The id of a pair's chat completion, which is all that OpenAI's clients keep of it.
      String pair = Fields.present("pair_id", pairId).replaceFirst("^chatcmpl_", "pair_");
      String chosen = Fields.present("choice", choice);
      List<String> given = Fields.list("tags", tags);
      return Fields.checked(
          () ->
              new VoteRequest(
                  RandomIds.generate("pref"),
                  pair,
                  keyId,
                  believed,
                  Choice.of(chosen),
                  comment,
                  given,
                  confidence,
                  source == null ? VoteSource.HUMAN : VoteSource.of(source)));
    }
  }

  /** The versions that wrote the sides; for operators, and later for others who may see them. */
  public record Policies(String a, String b) {}

  /**
   * A committed vote.
   *
   * @param policies only to operators: others could still change the vote, or vote again
   * @param usable whether it is trained on and counted, once it can no longer be taken back
   * @param reason why it is not, as one word
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Row(
      String preferenceId,
      String pairId,
      String choice,
      String user,
      @Nullable Policies policies,
      Instant recordedAt,
      boolean usable,
      @Nullable String reason) {}

  @POST
  @Consumes(MediaType.APPLICATION_JSON)
  @RolesAllowed({Role.CHAT_ROLE, Role.RATER_ROLE})
  @RunOnVirtualThread
  @Operation(
      summary = "Votes on a pair, once per voter",
      description =
          "Another choice changes the vote for some seconds, whetstone.preference.undo-window; then"
              + " the vote counts.")
  @APIResponse(
      responseCode = "201",
      description = "The vote is committed",
      content = @Content(schema = @Schema(implementation = Row.class)))
  @APIResponse(
      responseCode = "200",
      description = "The same vote was committed before, or this changed it",
      content = @Content(schema = @Schema(implementation = Row.class)))
  @APIResponse(responseCode = "404", description = "there is no such pair for this key and user")
  @APIResponse(
      responseCode = "409",
      description = "this user has voted differently on the pair, and that counts already")
  @APIResponse(responseCode = "410", description = "the pair is no longer open for votes")
  public Response vote(Request request) {
    VoteRequest voteRequest = request.parse(users.key(), users.of(request.user()));
    return switch (votes.vote(voteRequest)) {
      case VoteOutcome.Recorded vote ->
          Response.status(vote.repeated() ? 200 : 201).entity(row(voteRequest, vote)).build();
      case VoteOutcome.Conflict _ ->
          throw ProblemException.of(
              409, "already_voted", "this user has already voted differently on this pair");
      case VoteOutcome.Unknown _ ->
          throw ProblemException.of(404, "unknown_pair", "there is no such pair for this user");
      case VoteOutcome.Expired _ ->
          throw ProblemException.of(410, "pair_expired", "this pair is no longer open for votes");
    };
  }

  @DELETE
  @Path("{id}")
  @RolesAllowed({Role.CHAT_ROLE, Role.RATER_ROLE})
  @RunOnVirtualThread
  @Operation(summary = "Takes back a vote of the caller's own, until it counts")
  @APIResponse(responseCode = "204", description = "it is gone")
  @APIResponse(responseCode = "404", description = "this voter has no such vote")
  @APIResponse(responseCode = "409", description = "the vote counts already")
  public Response takeBack(
      @PathParam("id") String id,
      @QueryParam("user")
          @Parameter(
              description = "who voted; without it, any user of the key",
              schema = @Schema(type = SchemaType.STRING, minLength = 1, maxLength = 200))
          @Nullable String user) {
    String voter = users.of(Parameters.text("user", user));
    return switch (votes.takeBack(Parameters.required("id", id), users.key(), voter)) {
      case TAKEN_BACK -> Response.noContent().build();
      case UNKNOWN ->
          throw ProblemException.of(404, "unknown_preference", "this voter has no such vote");
      case COUNTS ->
          throw ProblemException.of(
              409, "vote_counts", "this vote can no longer be taken back: it counts already");
    };
  }

  private Row row(VoteRequest voteRequest, VoteOutcome.Recorded vote) {
    return new Row(
        vote.preferenceId(),
        voteRequest.pairId(),
        voteRequest.choice().label(),
        vote.user(),
        identity.hasRole(Role.OPERATOR_ROLE) ? new Policies(vote.policyA(), vote.policyB()) : null,
        vote.at(),
        vote.unusable() == null,
        Unusable.labelOf(vote.unusable()));
  }
}
