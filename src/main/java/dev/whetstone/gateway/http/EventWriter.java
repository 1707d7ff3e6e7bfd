package dev.whetstone.gateway.http;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Writes server-sent events (HTML standard, section 9.2) to one client. For one thread. */
public final class EventWriter {
  /** Proxies and clients give up a connection on which nothing happens, often after a minute. */
  private static final Duration MAX_SILENCE = Duration.ofSeconds(15);

  private final OutputStream out;
  private final ObjectMapper mapper;
  private final Duration maxSilence;
  private long wroteAt = System.nanoTime();

  public EventWriter(OutputStream out, ObjectMapper mapper) {
    this(out, mapper, MAX_SILENCE);
  }

  EventWriter(OutputStream out, ObjectMapper mapper, Duration maxSilence) {
    this.out = out;
    this.mapper = mapper;
    this.maxSilence = maxSilence;
  }

  /** Writes one event and flushes it; the name may be null. */
  public void event(@Nullable String name, Object data) throws IOException {
    String head = name == null ? "" : "event: " + name + "\n";
    write(head + "data: " + mapper.writeValueAsString(data) + "\n\n");
  }

  /** Writes an event whose data is a text that is no JSON. */
  public void text(String data) throws IOException {
    write("data: " + data + "\n\n");
  }

  /** Writes what clients leave aside: it sends the headers, or keeps the connection alive. */
  public void comment() throws IOException {
    write(": waiting\n\n");
  }

  /** Nanoseconds until a comment is due, because nothing else was written for long. */
  long untilComment() {
    return wroteAt + maxSilence.toNanos() - System.nanoTime();
  }

  private void write(String text) throws IOException {
    out.write(text.getBytes(StandardCharsets.UTF_8));
    out.flush();
    wroteAt = System.nanoTime();
  }
}
