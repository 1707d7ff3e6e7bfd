package dev.whetstone.gateway.preferences;

import dev.whetstone.gateway.http.Parameters;
import dev.whetstone.preference.Choice;
import dev.whetstone.preference.PreferenceFilter;
import jakarta.ws.rs.QueryParam;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.jspecify.annotations.Nullable;

/** Query parameters that select votes; an absent parameter does not restrict them. */
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
      description = "the user who voted",
      schema = @Schema(type = SchemaType.STRING, minLength = 1, maxLength = 200))
  @Nullable String user;

  @QueryParam("policy")
  @Parameter(
      description = "a version that generated one of the sides",
      schema = @Schema(type = SchemaType.STRING, minLength = 1, maxLength = 200))
  @Nullable String policy;

  @QueryParam("from")
  @Parameter(
      description = "earliest time of a vote, inclusive",
      schema = @Schema(type = SchemaType.STRING, format = "date-time"))
  @Nullable String from;

  @QueryParam("to")
  @Parameter(
      description = "latest time of a vote, exclusive",
      schema = @Schema(type = SchemaType.STRING, format = "date-time"))
  @Nullable String to;

  @QueryParam("tag")
  @Parameter(
      description = "a tag of the vote",
      schema = @Schema(type = SchemaType.STRING, minLength = 1, maxLength = 200))
  @Nullable String tag;

  @QueryParam("pair")
  @Parameter(
      description = "the pair voted on",
      schema = @Schema(type = SchemaType.STRING, minLength = 1, maxLength = 200))
  @Nullable String pair;

  @QueryParam("imported")
  @Parameter(
      description = "whether the pair was imported from a file",
      schema = @Schema(type = SchemaType.BOOLEAN))
  @Nullable String imported;

  /**
   * Builds the filter.
   *
   * @param blindTo a rater's key: hides votes on pairs that it has leased and not yet voted on
   * @throws dev.whetstone.gateway.http.ProblemException 400 naming the parameter
   */
  PreferenceFilter filter(@Nullable String blindTo) {
    return new PreferenceFilter(
        choice == null ? null : choice(choice),
        Parameters.text("user", user),
        Parameters.text("policy", policy),
        Parameters.time("from", from),
        Parameters.time("to", to),
        Parameters.text("tag", tag),
        Parameters.text("pair", pair),
        Parameters.flag("imported", imported),
        blindTo);
  }

  private static Choice choice(String label) {
    try {
      return Choice.of(label);
    } catch (IllegalArgumentException unknown) {
      throw Parameters.invalid("choice", "must be one of a, b, tie, both_bad");
    }
  }
}
