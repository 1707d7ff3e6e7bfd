package dev.whetstone.gateway.preferences;

import dev.whetstone.gateway.http.Fields;
import dev.whetstone.gateway.http.Parameters;
import dev.whetstone.gateway.http.ProblemException;
import dev.whetstone.gateway.http.RequestUser;
import dev.whetstone.preference.rating.RaterQueue;
import dev.whetstone.preference.rating.RatingDesk;
import dev.whetstone.security.Role;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.annotation.security.RolesAllowed;
import jakarta.inject.Inject;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import java.time.Instant;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.jspecify.annotations.Nullable;

/** What raters are asked to look at, and how far they have come. */
@Path("/")
@RolesAllowed(Role.RATER_ROLE)
@Produces(MediaType.APPLICATION_JSON)
public class GuidelinesResource {
  private static final int MAX_LENGTH = 50_000;

  private final RatingDesk desk;
  private final RequestUser users;

  @Inject
  GuidelinesResource(RatingDesk desk, RequestUser users) {
    this.desk = desk;
    this.users = users;
  }

  /** Guidelines to write. */
  @Schema(name = "GuidelinesText")
  public record Request(
      @Schema(required = true, maxLength = MAX_LENGTH, description = "Markdown")
          @Nullable String markdown) {}

  /** The guidelines; {@code writtenAt} is null before any were written. */
  @Schema(name = "Guidelines")
  public record View(String markdown, @Nullable Instant writtenAt) {}

  @GET
  @Path("guidelines")
  @RunOnVirtualThread
  @Operation(summary = "Returns what raters are asked to look at, in Markdown")
  public View read() {
    return desk.guidelines()
        .map(written -> new View(written.markdown(), written.writtenAt()))
        .orElse(new View("", null));
  }

  @PUT
  @Path("guidelines")
  @RolesAllowed(Role.OPERATOR_ROLE)
  @Consumes(MediaType.APPLICATION_JSON)
  @RunOnVirtualThread
  @Operation(summary = "Replaces what raters are asked to look at")
  public View write(Request request) {
    String markdown = Fields.present("markdown", request.markdown());
    if (markdown.length() > MAX_LENGTH || markdown.indexOf('\0') >= 0) {
      throw ProblemException.invalidField(
          "markdown", "markdown must have at most " + MAX_LENGTH + " characters, none of them 0");
    }
    RatingDesk.Guidelines written = desk.write(markdown, users.key());
    return new View(written.markdown(), written.writtenAt());
  }

  @GET
  @Path("progress")
  @RunOnVirtualThread
  @Operation(summary = "Counts a rater's votes and everybody's")
  public RatingDesk.Progress progress(
      @QueryParam("user")
          @Parameter(
              description = "the rater; the key's id by default",
              schema = @Schema(type = SchemaType.STRING, minLength = 1, maxLength = 200))
          @Nullable String user) {
    return desk.progress(RaterQueue.Rater.of(users.key(), users.of(Parameters.text("user", user))));
  }
}
