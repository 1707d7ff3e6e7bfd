package dev.whetstone.preference.feedback;

import static dev.whetstone.settings.Checks.require;

import dev.whetstone.preference.VoteRequest;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A rating to record: by which key and user, of which answer.
 *
 * @param user who rates; null for the user that the answer was given to
 * @param edit what the answer should have been
 */
public record FeedbackRequest(
    String feedbackId,
    String completionId,
    String keyId,
    @Nullable String user,
    Rating rating,
    @Nullable String edit,
    @Nullable String comment,
    List<String> tags) {
  public static final int MAX_EDIT_LENGTH = 50_000;

  /** Checks the limits; an IllegalArgumentException names the field that breaks its limit. */
  public FeedbackRequest {
    tags = List.copyOf(tags);
    require(
        edit == null || (!edit.isBlank() && edit.length() <= MAX_EDIT_LENGTH),
        "edit has 1 to " + MAX_EDIT_LENGTH + " characters");
    require(edit == null || edit.indexOf('\0') < 0, "edit has a character that is no text: U+0000");
    VoteRequest.requireRemarks(comment, tags);
  }
}
