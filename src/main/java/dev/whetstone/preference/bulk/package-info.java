/** Long work on the whole log: import, streamed export and a user's erasure. */
@NullMarked
package dev.whetstone.preference.bulk;

import org.jspecify.annotations.NullMarked;
