package dev.whetstone.gateway.preferences;

import dev.whetstone.gateway.http.Parameters;
import dev.whetstone.preference.Choice;
import dev.whetstone.preference.PreferenceFilter;
import jakarta.ws.rs.QueryParam;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.jspecify.annotations.Nullable;

/** Which votes a request is about; what is left out takes all. */
public final class PreferenceQuery {
  @QueryParam("choice")
  @Parameter(
      schema =
          @Schema(
              type = SchemaType.STRING,
              enumeration = {"a", "b", "tie", "both_bad"}))
  @Nullable String choice;

  @QueryParam("user")
  @Parameter(
      description = "who voted",
      schema = @Schema(type = SchemaType.STRING, minLength = 1, maxLength = 200))
  @Nullable String user;

  @QueryParam("policy")
  @Parameter(
      description = "a version that wrote one of the sides",
      schema = @Schema(type = SchemaType.STRING, minLength = 1, maxLength = 200))
  @Nullable String policy;

  @QueryParam("from")
  @Parameter(
      description = "the earliest time of a vote",
      schema = @Schema(type = SchemaType.STRING, format = "date-time"))
  @Nullable String from;

  @QueryParam("to")
  @Parameter(
      description = "the first time that is too late",
      schema = @Schema(type = SchemaType.STRING, format = "date-time"))
  @Nullable String to;

  @QueryParam("tag")
  @Parameter(
      description = "one the vote carries",
      schema = @Schema(type = SchemaType.STRING, minLength = 1, maxLength = 200))
  @Nullable String tag;

  @QueryParam("imported")
  @Parameter(
      description = "whether the pair came from a file",
      schema = @Schema(type = SchemaType.BOOLEAN))
  @Nullable String imported;

  /**
   * The filter these make.
   *
   * @param blindTo a key that sees no vote on a pair which waits for its own
   * @throws ProblemException 400 naming the parameter
   */
  PreferenceFilter filter(@Nullable String blindTo) {
    return new PreferenceFilter(
        choice == null ? null : choice(choice),
        Parameters.text("user", user),
        Parameters.text("policy", policy),
        Parameters.time("from", from),
        Parameters.time("to", to),
        Parameters.text("tag", tag),
        Parameters.flag("imported", imported),
        blindTo);
  }

  private static Choice choice(String label) {
    try {
      return Choice.of(label);
    } catch (IllegalArgumentException unknown) {
      throw Parameters.bad("choice", "must be one of a, b, tie, both_bad");
    }
  }
}
