package dev.whetstone.gateway.preferences;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.whetstone.gateway.http.Fields;
import dev.whetstone.gateway.http.ProblemException;
import dev.whetstone.gateway.http.RequestUser;
import dev.whetstone.gateway.http.UserNameValidator;
import dev.whetstone.preference.Unusable;
import dev.whetstone.preference.VoteRequest;
import dev.whetstone.preference.feedback.FeedbackOutcome;
import dev.whetstone.preference.feedback.FeedbackRequest;
import dev.whetstone.preference.feedback.Rating;
import dev.whetstone.security.RandomIds;
import dev.whetstone.security.Role;
import dev.whetstone.settings.EnumNames;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.annotation.security.RolesAllowed;
import jakarta.inject.Inject;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
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

/** Records ratings of single answers. */
@Path("/feedback")
@Consumes(MediaType.APPLICATION_JSON)
@Produces(MediaType.APPLICATION_JSON)
public class FeedbackResource {
  private final FeedbackService service;
  private final RequestUser users;

  @Inject
  FeedbackResource(FeedbackService service, RequestUser users) {
    this.service = service;
    this.users = users;
  }

  /** A rating; user defaults to the answer's user. */
  public record Request(
      @Schema(
              required = true,
              maxLength = 200,
              description =
                  "id of an answer of POST /generate or of the /v1 routes; of several answers, a"
                      + " colon and the index follow from the second on")
          @Nullable String completionId,
      @Schema(
              required = true,
              type = SchemaType.STRING,
              enumeration = {"up", "down"})
          @Nullable String rating,
      @Schema(
              maxLength = FeedbackRequest.MAX_EDIT_LENGTH,
              description = "what the answer should have been: a pair of it over the answer")
          @Nullable String edit,
      @Schema(maxLength = UserNameValidator.MAX_LENGTH) @Nullable String user,
      @Schema(maxLength = VoteRequest.MAX_COMMENT_LENGTH) @Nullable String comment,
      @Schema(maxItems = VoteRequest.MAX_TAGS) @Nullable List<String> tags) {
    private FeedbackRequest parse(String keyId, @Nullable String believed) {
      String id = Fields.present("completion_id", completionId);
      Rating given = Fields.constant("rating", rating, Rating.values());
      List<String> givenTags = Fields.list("tags", tags);
      return Fields.checked(
          () ->
              new FeedbackRequest(
                  RandomIds.generate("feedback"),
                  id,
                  keyId,
                  believed,
                  given,
                  edit,
                  comment,
                  givenTags));
    }
  }

  /**
   * A committed rating.
   *
   * @param usable whether it is trained on
   * @param reason why it is not, as one word
   */
  @Schema(name = "Feedback")
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Row(
      String feedbackId,
      String completionId,
      String rating,
      String user,
      Instant recordedAt,
      boolean usable,
      @Nullable String reason) {}

  @POST
  @RolesAllowed({Role.CHAT_ROLE, Role.RATER_ROLE})
  @RunOnVirtualThread
  @Operation(
      summary = "Rates a single answer of the caller's own",
      description =
          "Another rating replaces the one before. An answer can be rated for"
              + " whetstone.feedback.retention.")
  @APIResponse(
      responseCode = "201",
      description = "The rating is committed",
      content = @Content(schema = @Schema(implementation = Row.class)))
  @APIResponse(
      responseCode = "200",
      description = "The same rating was committed before, or this replaced it",
      content = @Content(schema = @Schema(implementation = Row.class)))
  @APIResponse(responseCode = "404", description = "there is no such answer for this key and user")
  @APIResponse(responseCode = "410", description = "the answer can no longer be rated")
  public Response rate(Request request) {
    FeedbackRequest feedback = request.parse(users.key(), users.of(request.user()));
    return switch (service.rate(feedback)) {
      case FeedbackOutcome.Recorded rated ->
          Response.status(rated.repeated() ? 200 : 201).entity(row(feedback, rated)).build();
      case FeedbackOutcome.Unknown _ ->
          throw ProblemException.of(
              404, "unknown_completion", "there is no such answer for this user");
      case FeedbackOutcome.Expired _ ->
          throw ProblemException.of(
              410, "completion_expired", "this answer can no longer be rated");
    };
  }

  private static Row row(FeedbackRequest feedback, FeedbackOutcome.Recorded rated) {
    return new Row(
        rated.feedbackId(),
        feedback.completionId(),
        EnumNames.of(feedback.rating()),
        rated.user(),
        rated.at(),
        rated.unusable() == null,
        Unusable.labelOf(rated.unusable()));
  }
}
