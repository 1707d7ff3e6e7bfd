package dev.whetstone.preference.trl;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.StreamWriteFeature;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
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
  private final OutputStream out;
  private final JsonGenerator json;

  /** Writes to {@code out}, which stays open; token ids only where {@code tokens}. */
  public TrlRatingWriter(OutputStream out, TrlFormat format, boolean tokens) throws IOException {
    this.format = format;
    this.tokens = tokens;
    this.out = out;
    JsonFactory factory =
        new JsonFactoryBuilder()
            .rootValueSeparator((String) null)
            .enable(JsonWriteFeature.COMBINE_UNICODE_SURROGATES_IN_UTF8)
            .disable(StreamWriteFeature.AUTO_CLOSE_TARGET)
            .build();
    this.json = factory.createGenerator(out);
  }

  /** Writes one line. */
  public void write(TrlRating rating) throws IOException {
    TrlPair answer = rating.answer();
    json.writeStartObject();
    switch (format) {
      case TEXT -> {
        json.writeStringField("prompt", answer.prompt());
        json.writeStringField("completion", rating.completion());
      }
      case MESSAGES -> {
        conversation("prompt", answer.messages() == null ? List.of() : answer.messages());
        conversation("completion", List.of(new Message("assistant", rating.completion())));
      }
    }
    json.writeBooleanField("label", rating.label());
    TrlPair.Tokens ids = answer.tokens();
    if (tokens && ids != null) {
      ids("prompt_ids", ids.prompt());
      ids("completion_ids", ids.chosen());
    }
    json.writeEndObject();
    json.writeRaw('\n');
  }

  private void conversation(String name, List<Message> messages) throws IOException {
    json.writeArrayFieldStart(name);
    for (Message message : messages) {
      json.writeStartObject();
      json.writeStringField("role", message.role());
      json.writeStringField("content", message.content());
      json.writeEndObject();
    }
    json.writeEndArray();
  }

  private void ids(String name, int[] ids) throws IOException {
    json.writeFieldName(name);
    json.writeArray(ids, 0, ids.length);
  }

  /** Writes out what is buffered; the stream stays open. */
  @Override
  public void close() throws IOException {
    json.close();
    out.flush();
  }
}
