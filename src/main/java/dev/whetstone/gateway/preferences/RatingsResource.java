package dev.whetstone.gateway.preferences;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.whetstone.gateway.http.Paging;
import dev.whetstone.gateway.http.Parameters;
import dev.whetstone.preference.feedback.RatingReader;
import dev.whetstone.security.Role;
import dev.whetstone.settings.EnumNames;
import dev.whetstone.text.Message;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.annotation.security.RolesAllowed;
import jakarta.inject.Inject;
import jakarta.ws.rs.DefaultValue;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import java.time.Instant;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.jspecify.annotations.Nullable;

/** Lists ratings of single answers beside what was rated. */
@Path("/feedback/ratings")
@RolesAllowed(Role.OPERATOR_ROLE)
@Produces(MediaType.APPLICATION_JSON)
public class RatingsResource {
  private final RatingReader ratings;

  @Inject
  RatingsResource(RatingReader ratings) {
    this.ratings = ratings;
  }

  /** A rating with its answer. */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record RatedAnswer(
      String feedbackId,
      String completionId,
      String rating,
      String user,
      String key,
      String policy,
      Instant recordedAt,
      List<String> tags,
      @Nullable String comment,
      @Nullable String edit,
      String prompt,
      @Nullable List<Message> messages,
      String text) {
    static RatedAnswer of(RatingReader.RatedAnswer row) {
      return new RatedAnswer(
          row.feedbackId(),
          row.completionId(),
          EnumNames.of(row.rating()),
          row.user(),
          row.key(),
          row.policy(),
          row.recordedAt(),
          row.tags(),
          row.comment(),
          row.edit(),
          row.prompt(),
          row.messages(),
          row.text());
    }
  }

  /** A page, newest first; {@code next} is the cursor of the following page, or null. */
  public record RatingPage(List<RatedAnswer> items, @Nullable String next) {}

  @GET
  @RunOnVirtualThread
  @Operation(summary = "Lists ratings of single answers, newest first")
  public RatingPage list(
      @QueryParam("limit") @DefaultValue("100") String limit,
      @QueryParam("cursor") @Nullable String cursor,
      @QueryParam("rating") @Nullable String rating,
      @QueryParam("user") @Nullable String user,
      @QueryParam("tag") @Nullable String tag) {
    RatingReader.Filter filter =
        new RatingReader.Filter(
            Parameters.text("rating", rating),
            Parameters.text("user", user),
            Parameters.text("tag", tag));
    long before = Paging.before(cursor);
    var page =
        Paging.read(
            Paging.limit(limit),
            size -> ratings.page(filter, before, size),
            row -> Long.toString(row.seq()));
    return new RatingPage(page.rows().stream().map(RatedAnswer::of).toList(), page.next());
  }
}
