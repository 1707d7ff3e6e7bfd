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
 * Writes pairs as JSON lines in UTF-8: {@code prompt}, {@code chosen}, {@code rejected} and, on
 * request, {@code prompt_ids}, {@code chosen_ids}, {@code rejected_ids}. Equal pairs give equal
 * bytes.
 */
public final class TrlWriter implements AutoCloseable {
  private final TrlFormat format;
  private final boolean tokens;
  private final OutputStream out;
  private final JsonGenerator json;

  /** Writes to {@code out}, which stays open; token ids only where {@code tokens}. */
  public TrlWriter(OutputStream out, TrlFormat format, boolean tokens) throws IOException {
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
  public void write(TrlPair pair) throws IOException {
    json.writeStartObject();
    switch (format) {
      case TEXT -> {
        json.writeStringField("prompt", pair.prompt());
        json.writeStringField("chosen", pair.chosen());
        json.writeStringField("rejected", pair.rejected());
      }
      case MESSAGES -> {
        List<Message> prompt = pair.messages() == null ? List.of() : pair.messages();
        conversation("prompt", prompt);
        conversation("chosen", List.of(new Message("assistant", pair.chosen())));
        conversation("rejected", List.of(new Message("assistant", pair.rejected())));
      }
    }
    if (tokens && pair.tokens() != null) {
      ids("prompt_ids", pair.tokens().prompt());
      ids("chosen_ids", pair.tokens().chosen());
      ids("rejected_ids", pair.tokens().rejected());
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
