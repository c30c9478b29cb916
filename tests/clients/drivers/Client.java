// SPDX-License-Identifier: Apache-2.0

import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXBuilderParameters;
import java.security.cert.X509CertSelector;
import java.time.Instant;
import java.util.Date;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.CertPathTrustManagerParameters;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** Visits one server per line of standard input, and says how HttpsURLConnection took it. */
class Client {
    /** Of one flat JSON object; the values that we are sent hold no escapes. */
    static String field(String json, String name) {
        Matcher m = Pattern.compile("\"" + name + "\": \"([^\"]*)\"").matcher(json);
        return m.find() ? m.group(1) : "";
    }

    /** The validation is told its date: a JVM with a wrong clock spins in its timed waits. */
    static TrustManagerFactory factory(KeyStore store, String at) throws Exception {
        TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
        if (at.isEmpty()) {
            factory.init(store);
            return factory;
        }
        PKIXBuilderParameters parameters = new PKIXBuilderParameters(store, new X509CertSelector());
        parameters.setDate(Date.from(Instant.parse(at)));
        parameters.setRevocationEnabled(false); // as it is when a store alone is given
        factory.init(new CertPathTrustManagerParameters(parameters));
        return factory;
    }

    static SSLContext trusting(String file, String at) throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        int n = 0;
        for (String block : Files.readString(Path.of(file)).split("(?<=-----END CERTIFICATE-----)")) {
            try (InputStream in = new ByteArrayInputStream(block.getBytes(StandardCharsets.UTF_8))) {
                store.setCertificateEntry("ca" + n++, CertificateFactory.getInstance("X.509").generateCertificate(in));
            } catch (CertificateException e) {
                continue; // as keytool would refuse it
            }
        }
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, factory(store, at).getTrustManagers(), null);
        return context;
    }

    static void visit(String line) throws Exception {
        HttpsURLConnection connection = (HttpsURLConnection) new URL(field(line, "url")).openConnection();
        connection.setSSLSocketFactory(trusting(field(line, "ca"), field(line, "at")).getSocketFactory());
        connection.setConnectTimeout(20000);
        connection.setReadTimeout(20000);
        try (InputStream in = connection.getInputStream()) {
            in.readAllBytes();
        }
    }

    static String quoted(String text) {
        StringBuilder out = new StringBuilder("\"");
        for (char c : text.toCharArray()) {
            if (c < 0x20 || c == '"' || c == '\\')
                out.append(String.format("\\u%04x", (int) c));
            else
                out.append(c);
        }
        return out.append('"').toString();
    }

    public static void main(String[] arguments) throws Exception {
        boolean all = true;
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line; (line = in.readLine()) != null;) {
            String message = "";
            boolean accepts = true;
            try {
                visit(line);
            } catch (Exception e) {
                accepts = false;
                message = e.toString(); // its causes say it again
            }
            byte[] answer = ("{\"accepts\":" + accepts + ",\"message\":" + quoted(message) + "}\n").getBytes("UTF-8");
            System.out.write(answer);
            System.out.flush();
            all = all && accepts;
        }
        System.exit(all ? 0 : 1);
    }
}
