package dev.whetstone.gateway.preferences;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.whetstone.preference.ConversationJson;
import dev.whetstone.preference.PreferenceRow;
import dev.whetstone.settings.EnumNames;
import dev.whetstone.text.Message;
import java.time.Instant;
import java.util.List;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/** Responses of the routes that read the preference log. */
public final class PreferenceViews {
  private PreferenceViews() {}

  /** A page; {@code next} is the cursor of the following page, or null. */
  @Schema(name = "PreferencePage")
  public record Page(
      @Schema(required = true) List<Row> items, @Schema(nullable = true) @Nullable String next) {}

  /** A vote with its pair. */
  @Schema(name = "Preference")
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Row(
      @Schema(required = true) String preferenceId,
      @Schema(required = true) String pairId,
      @Schema(
              required = true,
              enumeration = {"a", "b", "tie", "both_bad"})
          String choice,
      @Schema(required = true) String user,
      @Schema(required = true, description = "id of the API key that cast the vote") String key,
      @Schema(description = "left out where they would unblind somebody who may still judge")
          VotesResource.@Nullable Policies policies,
      @Schema(required = true) Instant recordedAt,
      @Nullable String comment,
      @Schema(required = true) List<String> tags,
      @Schema(minimum = "0", maximum = "1") @Nullable Double confidence,
      @Schema(required = true) boolean imported,
      @Schema(
              required = true,
              enumeration = {"human", "judge", "rule", "edit", "rating"})
          String source,
      @Schema(required = true) String prompt,
      @Nullable List<Message> messages,
      @Schema(required = true) Answer a,
      @Schema(required = true) Answer b) {
    static Row of(PreferenceRow row, boolean showsVersions) {
      PreferenceRow.JudgedPair shown = row.pair();
      return new Row(
          row.preferenceId(),
          row.pairId(),
          row.choice().label(),
          row.user(),
          row.keyId(),
          showsVersions ? new VotesResource.Policies(shown.policyA(), shown.policyB()) : null,
          row.recordedAt(),
          row.comment(),
          row.tags(),
          row.confidence(),
          row.imported(),
          EnumNames.of(row.source()),
          shown.prompt(),
          ConversationJson.read(shown.messages()),
          Answer.of(shown.a()),
          Answer.of(shown.b()));
    }
  }

  /** One side of a pair. */
  @Schema(name = "PairAnswer")
  public record Answer(
      @Schema(required = true) String text, @Schema(required = true) String finishReason) {
    static Answer of(PreferenceRow.Answer answer) {
      return new Answer(answer.text(), answer.finishReason());
    }
  }
}
