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

/** Writes lines of JSON with the fields that files of pairs and of ratings share. */
final class TrlJson {
  private final OutputStream out;
  private final JsonGenerator json;

  TrlJson(OutputStream out) throws IOException {
    this.out = out;
    JsonFactory factory =
        new JsonFactoryBuilder()
            .rootValueSeparator((String) null)
            .enable(JsonWriteFeature.COMBINE_UNICODE_SURROGATES_IN_UTF8)
            .disable(StreamWriteFeature.AUTO_CLOSE_TARGET)
            .build();
    this.json = factory.createGenerator(out);
  }

  void begin() throws IOException {
    json.writeStartObject();
  }

  void text(String name, String value) throws IOException {
    json.writeStringField(name, value);
  }

  void flag(String name, boolean value) throws IOException {
    json.writeBooleanField(name, value);
  }

  void conversation(String name, List<Message> messages) throws IOException {
    json.writeArrayFieldStart(name);
    for (Message message : messages) {
      json.writeStartObject();
      json.writeStringField("role", message.role());
      json.writeStringField("content", message.content());
      json.writeEndObject();
    }
    json.writeEndArray();
  }

  void ids(String name, int[] ids) throws IOException {
    json.writeFieldName(name);
    json.writeArray(ids, 0, ids.length);
  }

  void end() throws IOException {
    json.writeEndObject();
    json.writeRaw('\n');
  }

  /** Writes out what is buffered; the stream stays open. */
  void close() throws IOException {
    json.close();
    out.flush();
  }
}
