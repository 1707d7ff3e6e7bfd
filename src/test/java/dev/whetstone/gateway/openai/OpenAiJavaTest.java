package dev.whetstone.gateway.openai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.http.StreamResponse;
import com.openai.errors.BadRequestException;
import com.openai.errors.UnauthorizedException;
import com.openai.helpers.ChatCompletionAccumulator;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.completions.CompletionCreateParams;
import com.openai.models.responses.Response;
import com.openai.models.responses.ResponseCreateParams;
import dev.whetstone.gateway.ReadyGateway;
import dev.whetstone.gateway.RunningGateway;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.RestAssured;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** OpenAI's own client for Java, as it is. */
@QuarkusTest
class OpenAiJavaTest extends ReadyGateway {
  private OpenAIClient client;

  /** What an answer must be. */
  public static final class Wall {
    public Colour colour = Colour.RED;
  }

  /** What a wall may be. */
  public enum Colour {
    RED,
    GREEN
  }

  private static OpenAIClient client(String role) {
    return OpenAIOkHttpClient.builder()
        .baseUrl("http://localhost:" + RestAssured.port + "/v1")
        .apiKey(role.equals("chat") ? RunningGateway.key(role) : role)
        .maxRetries(0)
        .responseValidation(true)
        .build();
  }

  @BeforeEach
  void connect() {
    client = client("chat");
  }

  @AfterEach
  void disconnect() {
    client.close();
  }

  private static ChatCompletionCreateParams.Builder ask() {
    return ChatCompletionCreateParams.builder().model("champion").addUserMessage("How was it?");
  }

  @Test
  void aChatIsAnsweredAndItsMessageComesBack() {
    ChatCompletion first =
        client
            .chat()
            .completions()
            .create(ask().addDeveloperMessage("Be brief.").maxCompletionTokens(8).build());
    var message = first.choices().getFirst().message();
    ChatCompletion second =
        client
            .chat()
            .completions()
            .create(
                ask().addMessage(message).addUserMessage("And?").maxCompletionTokens(8).build());

    assertThat(message.content()).isPresent();
    assertThat(first.usage().orElseThrow().completionTokens()).isPositive();
    assertThat(second.choices()).hasSize(1);
  }

  @Test
  void aStreamsMessageComesBack() {
    ChatCompletionAccumulator whole = ChatCompletionAccumulator.create();
    try (StreamResponse<ChatCompletionChunk> stream =
        client.chat().completions().createStreaming(ask().maxCompletionTokens(8).build())) {
      stream.stream().forEach(whole::accumulate);
    }
    var message = whole.chatCompletion().choices().getFirst().message();

    ChatCompletion next =
        client
            .chat()
            .completions()
            .create(
                ask().addMessage(message).addUserMessage("And?").maxCompletionTokens(8).build());
    assertThat(next.choices()).hasSize(1);
  }

  @Test
  void anAnswerIsOfAClass() {
    var answer =
        client
            .chat()
            .completions()
            .create(ask().responseFormat(Wall.class).maxCompletionTokens(60).build());

    assertThat(answer.choices().getFirst().message().content().orElseThrow().colour).isNotNull();
  }

  @Test
  void responsesAreServed() {
    Response response =
        client
            .responses()
            .create(
                ResponseCreateParams.builder()
                    .model("champion")
                    .input("How was it?")
                    .maxOutputTokens(16)
                    .build());

    assertThat(response.output()).isNotEmpty();
  }

  @Test
  void severalPromptsAreContinued() {
    var answer =
        client
            .completions()
            .create(
                CompletionCreateParams.builder()
                    .model("champion")
                    .promptOfArrayOfStrings(List.of("The song", "The film"))
                    .maxTokens(4)
                    .build());

    assertThat(answer.choices()).hasSize(2);
  }

  @Test
  void errorsHaveTheirClasses() {
    assertThatThrownBy(
            () ->
                client
                    .chat()
                    .completions()
                    .create(ask().temperature(-1.0).maxCompletionTokens(4).build()))
        .isInstanceOf(BadRequestException.class);
    OpenAIClient stranger = client("wsk_chat_none");
    assertThatThrownBy(() -> stranger.models().list()).isInstanceOf(UnauthorizedException.class);
    stranger.close();
    assertThat(client.models().list().data()).isNotEmpty();
  }
}
