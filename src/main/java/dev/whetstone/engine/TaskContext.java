package dev.whetstone.engine;

import java.time.InstantSource;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * What all tasks of an engine share.
 *
 * @param wakeUp wakes the engine thread
 * @param onEnd called on the engine thread once for every task that has ended
 */
record TaskContext(
    Supplier<Detokenizer> detokenizers,
    Set<Integer> eosIds,
    int vocabularySize,
    int slotLength,
    InstantSource clock,
    Runnable wakeUp,
    Consumer<Task> onEnd) {}
