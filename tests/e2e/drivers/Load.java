// SPDX-License-Identifier: Apache-2.0
// Loads chain.pem and key.pem of each folder named on standard input, and verifies them against
// ca.pem as HttpsURLConnection's trust manager would. A line per folder: "ok" or what Java says.

import java.io.BufferedReader;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.Collection;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;

public class Load {
    static X509Certificate[] certificates(Path path) throws Exception {
        try (InputStream in = Files.newInputStream(path)) {
            Collection<? extends Certificate> all =
                CertificateFactory.getInstance("X.509").generateCertificates(in);
            return all.toArray(new X509Certificate[0]);
        }
    }

    static void load(Path folder) throws Exception {
        X509Certificate[] chain = certificates(folder.resolve("chain.pem"));
        String pem = Files.readString(folder.resolve("key.pem"));
        byte[] key = Base64.getMimeDecoder().decode(pem.replaceAll("-----.*-----", ""));
        KeyFactory.getInstance(chain[0].getPublicKey().getAlgorithm())
            .generatePrivate(new PKCS8EncodedKeySpec(key));
        KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        int n = 0;
        for (X509Certificate anchor : certificates(folder.resolve("ca.pem")))
            store.setCertificateEntry("ca" + n++, anchor);
        TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
        factory.init(store);
        ((X509TrustManager) factory.getTrustManagers()[0]).checkServerTrusted(chain, "UNKNOWN");
    }

    public static void main(String[] arguments) throws Exception {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            try {
                load(Path.of(line));
                System.out.println("ok");
            } catch (Exception e) {
                System.out.println(e.toString().replace('\n', ' '));
            }
        }
    }
}
