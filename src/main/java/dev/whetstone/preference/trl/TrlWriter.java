package dev.whetstone.preference.trl;

import dev.whetstone.text.Message;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;

/**
 * Writes pairs as JSON lines in UTF-8: {@code prompt}, {@code chosen}, {@code rejected} and, on
 * request, {@code prompt_ids}, {@code chosen_ids}, {@code rejected_ids}. Equal pairs give equal
 * bytes.
 */
public final class TrlWriter implements AutoCloseable {
  private final TrlFormat format;
  private final boolean tokens;
  private final TrlJson json;

  /** Writes to {@code out}, which stays open; token ids only where {@code tokens}. */
  public TrlWriter(OutputStream out, TrlFormat format, boolean tokens) throws IOException {
    this.format = format;
    this.tokens = tokens;
    this.json = new TrlJson(out);
  }

  /** Writes one line. */
  public void write(TrlPair pair) throws IOException {
    json.begin();
    switch (format) {
      case TEXT -> {
        json.text("prompt", pair.prompt());
        json.text("chosen", pair.chosen());
        json.text("rejected", pair.rejected());
      }
      case MESSAGES -> {
        List<Message> prompt = pair.messages() == null ? List.of() : pair.messages();
        json.conversation("prompt", prompt);
        json.conversation("chosen", List.of(new Message("assistant", pair.chosen())));
        json.conversation("rejected", List.of(new Message("assistant", pair.rejected())));
      }
    }
    if (tokens && pair.tokens() != null) {
      json.ids("prompt_ids", pair.tokens().prompt());
      json.ids("chosen_ids", pair.tokens().chosen());
      json.ids("rejected_ids", pair.tokens().rejected());
    }
    json.end();
  }

  /** Writes out what is buffered; the stream stays open. */
  @Override
  public void close() throws IOException {
    json.close();
  }
}
