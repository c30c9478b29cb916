// SPDX-License-Identifier: Apache-2.0

import java.net.URL;
import javax.net.ssl.HttpsURLConnection;

/** Visits one address with what this JVM trusts. */
class Visit {
    public static void main(String[] arguments) throws Exception {
        HttpsURLConnection connection = (HttpsURLConnection) new URL(arguments[0]).openConnection();
        System.out.println(connection.getResponseCode());
    }
}
