package dev.whetstone.gateway.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.whetstone.engine.GenerationListener;
import dev.whetstone.engine.TextDelta;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** When the thread that writes a stream stops. */
class EventStreamTest {
  @Test
  void aWaitingWriterStopsWhenTheClientDisconnects() throws Exception {
    EventStream events = new EventStream(4);
    List<String> written = new ArrayList<>();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<?> writer =
          threads.submit(
              () -> {
                events.forward(
                    1, writer(new ByteArrayOutputStream()), piece -> written.add(piece.text()));
                return null;
              });
      events.onText(delta("one"));
      await().until(() -> !written.isEmpty());
      assertThat(writer.isDone()).isFalse();

      events.disconnect();

      assertThatThrownBy(() -> writer.get(5, SECONDS))
          .isInstanceOf(ExecutionException.class)
          .cause()
          .isInstanceOf(IOException.class)
          .hasMessage("the client has disconnected");
      assertThat(written).containsExactly("one");
    }
  }

  @Test
  void aClientThatLagsTooFarBehindIsDropped() {
    List<String> resets = new ArrayList<>();
    EventStream events = new EventStream(2, () -> resets.add("reset"));
    for (int i = 0; i < 2; i++) {
      events.onText(delta("more"));
    }
    for (int i = 0; i < 2; i++) {
      assertThatThrownBy(() -> events.onText(delta("more")))
          .as("which cancels the request")
          .isInstanceOf(GenerationListener.OverrunException.class);
    }
    assertThat(resets).containsExactly("reset");
    assertThatThrownBy(() -> events.forward(1, writer(new ByteArrayOutputStream()), piece -> {}))
        .isInstanceOf(IOException.class)
        .hasMessage("the client reads too slowly");
  }

  @Test
  void aWaitingClientGetsComments() throws Exception {
    EventStream events = new EventStream(4);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    EventWriter writer = new EventWriter(out, new ObjectMapper(), Duration.ofMillis(5));
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<?> done =
          threads.submit(
              () -> {
                events.forward(1, writer, piece -> {});
                return null;
              });

      await().until(() -> out.toString(UTF_8).contains(": waiting\n\n: waiting\n\n"));
      events.disconnect();
      assertThatThrownBy(() -> done.get(5, SECONDS)).hasRootCauseInstanceOf(IOException.class);
    }
  }

  private static EventWriter writer(ByteArrayOutputStream out) {
    return new EventWriter(out, new ObjectMapper());
  }

  private static TextDelta delta(String text) {
    return new TextDelta(0, text, new int[] {1}, new float[] {-1}, List.of());
  }
}
