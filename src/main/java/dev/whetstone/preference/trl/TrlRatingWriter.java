package dev.whetstone.preference.trl;

import dev.whetstone.text.Message;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;

/**
 * Writes ratings as JSON lines in UTF-8, in TRL's unpaired format: {@code prompt}, {@code
 * completion}, {@code label} and, on request, {@code prompt_ids} and {@code completion_ids}.
 */
public final class TrlRatingWriter implements AutoCloseable {
  private final TrlFormat format;
  private final boolean tokens;
  private final TrlJson json;

  /** Writes to {@code out}, which stays open; token ids only where {@code tokens}. */
  public TrlRatingWriter(OutputStream out, TrlFormat format, boolean tokens) throws IOException {
    this.format = format;
    this.tokens = tokens;
    this.json = new TrlJson(out);
  }

  /** Writes one line. */
  public void write(TrlRating rating) throws IOException {
    TrlPair answer = rating.answer();
    json.begin();
    switch (format) {
      case TEXT -> {
        json.text("prompt", answer.prompt());
        json.text("completion", rating.completion());
      }
      case MESSAGES -> {
        json.conversation("prompt", answer.messages() == null ? List.of() : answer.messages());
        json.conversation("completion", List.of(new Message("assistant", rating.completion())));
      }
    }
    json.flag("label", rating.label());
    TrlPair.Tokens ids = answer.tokens();
    if (tokens && ids != null) {
      json.ids("prompt_ids", ids.prompt());
      json.ids("completion_ids", ids.chosen());
    }
    json.end();
  }

  /** Writes out what is buffered; the stream stays open. */
  @Override
  public void close() throws IOException {
    json.close();
  }
}
