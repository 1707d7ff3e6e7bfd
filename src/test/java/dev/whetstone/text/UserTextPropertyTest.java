package dev.whetstone.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import net.jqwik.api.lifecycle.AfterContainer;

/** Whatever users write, the turns are the template's, and the ids are those of what they wrote. */
class UserTextPropertyTest {
  private static final List<ChatTokenizer> CHATS = ChatTokenizer.all();

  @AfterContainer
  static void close() {
    ChatTokenizer.close(CHATS);
  }

  @Provide
  Arbitrary<String> texts() {
    List<String> parts = new ArrayList<>(List.of("<", "|", ">", "</", "[", "]", "\n", " ", "▁"));
    for (ChatTokenizer chat : CHATS) {
      for (String token : chat.controlTokens()) {
        parts.add(token);
        parts.add(token.substring(1));
        parts.add(token.substring(0, token.length() / 2));
      }
    }
    Arbitrary<String> any =
        Arbitraries.strings()
            .all()
            .ofMaxLength(12)
            .map(UserTextPropertyTest::withoutLoneSurrogates);
    return Arbitraries.frequencyOf(Tuple.of(3, Arbitraries.of(parts)), Tuple.of(2, any))
        .list()
        .ofMaxSize(12)
        .map(list -> String.join("", list));
  }

  private static String withoutLoneSurrogates(String text) {
    StringBuilder kept = new StringBuilder();
    text.codePoints()
        .filter(c -> c < Character.MIN_SURROGATE || c > Character.MAX_SURROGATE)
        .forEach(kept::appendCodePoint);
    return kept.toString();
  }

  @Property(tries = 200)
  void contentIsBetweenTheTemplatesTokensAndNoControlTokenIsInIt(@ForAll("texts") String content) {
    for (ChatTokenizer chat : CHATS) {
      int[] ids = chat.ids(user(content));
      int[] expected = control(chat, chat.ids(user("x")));
      assertThat(control(chat, ids)).as(chat.name()).isEqualTo(expected);
      String text = chat.template().render(user(content)).text();
      // A tokenizer of SentencePiece's kind knows no other space than ▁, and takes the first off.
      assertThat(spaces(chat.tokenizer().decode(ids, false))).isEqualTo(spaces(text));
    }
  }

  private static String spaces(String text) {
    return text.replace('▁', ' ').replace(" ", "");
  }

  private static Conversation user(String content) {
    return Conversation.of(List.of(new Message("user", content)), Conversation.End.ANSWER);
  }

  private static int[] control(ChatTokenizer chat, int[] ids) {
    return chat.tokenizer().controlTokens(ids);
  }
}
